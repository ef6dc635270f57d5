# exit: 1
# stderr: no terminal
# stderr: -Confirm:$false
# not: after
# A question that nobody can answer is a failure that says what to do.
Import-Module SupabaseDeploy
$null = [IO.Directory]::CreateDirectory("$PWD/env")
[IO.File]::WriteAllText("$PWD/env/pipeline.yml", "application: courses`nstages:`n  - name: local`n    target: local`n")
Stop-LocalStack -RemoveData
'after'
