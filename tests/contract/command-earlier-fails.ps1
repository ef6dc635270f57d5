# command: true
# exit: 0
# stderr: No-SuchCommand
# stdout: after
# Only the last command counts.
No-SuchCommand
'after'
