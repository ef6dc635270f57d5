# exit: 0
# stdout: What if:
# stdout: local (
# stdout: after
Import-Module SupabaseDeploy
$null = [IO.Directory]::CreateDirectory("$PWD/env")
[IO.File]::WriteAllText("$PWD/env/pipeline.yml", "application: courses`nstages:`n  - name: local`n    target: local`n")
Stop-LocalStack -RemoveData -WhatIf
'after'
