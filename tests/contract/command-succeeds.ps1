# command: true
# exit: 0
# stdout: 2
# stdout: nothing else
1 + 1
'nothing else'
