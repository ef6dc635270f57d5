# command: true
# exit: 5
# not: after
exit 5
'after'
