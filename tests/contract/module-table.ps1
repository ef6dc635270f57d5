# exit: 0
# stdout: Name
# stdout: staging
Import-Module SupabaseDeploy
$null = [IO.Directory]::CreateDirectory("$PWD/env")
[IO.File]::WriteAllText("$PWD/env/pipeline.yml", "application: courses`nstages:`n  - name: staging`n    target: local`n")
Get-Environment
