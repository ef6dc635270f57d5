# exit: 0
# platform: unix
# signal: 2
# stdout: ready
# stdout: cleaned
# not: after
# Ctrl+C stops the pipeline and runs finally; the exit code is that of pwsh, 0.
try {
    [Console]::WriteLine('ready')
    while ($true) { [Threading.Thread]::Sleep(20) }
}
finally {
    [Console]::WriteLine('cleaned')
}
'after'
