# exit: 1
# stderr: expected
# not: after
# A configuration that cannot be used ends the script, also when the command only reads: an empty pipeline would migrate nothing and exit 0.
Import-Module SupabaseDeploy
[void][IO.Directory]::CreateDirectory("$PWD/env")
[IO.File]::WriteAllText("$PWD/env/pipeline.yml", "application: courses`nstages:`n  - name: local`n    target: nowhere`n")
Get-Environment local | Invoke-Migration
'after'
