# exit: 0
# stdout: inner 7
# exit in a script that this one calls ends that one only.
[IO.File]::WriteAllText("$PWD/inner.ps1", 'exit 7')
& "$PWD/inner.ps1"
"inner $LASTEXITCODE"
