# exit: 0
# stderr: Cannot convert value "many"
# stderr: divide by zero
# stdout: after
# An error that ends a statement does not end the script, nor fail the process.
[int]'many'
1 / 0
'after'
