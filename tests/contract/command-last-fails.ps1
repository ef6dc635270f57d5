# command: true
# exit: 1
# stdout: before
# stderr: No-SuchCommand
'before'
No-SuchCommand
