# exit: 0
# platform: unix
# stdout: from sh
# stdout: 9
# stderr: to stderr
# The exit code of a program is the script's business, not the process's.
sh -c 'echo from sh; echo to stderr >&2; exit 9'
"$LASTEXITCODE"
sh -c 'exit 8'
