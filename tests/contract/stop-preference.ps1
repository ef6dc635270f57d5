# exit: 1
# stderr: No-SuchCommand
# not: after
$ErrorActionPreference = 'Stop'
No-SuchCommand
'after'
