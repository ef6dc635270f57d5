# exit: 3
# stdout: before
# not: after
'before'
exit 3
'after'
