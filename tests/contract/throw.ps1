# exit: 1
# stdout: before
# stdout: cleaned
# stderr: throw.ps1:9
# stderr: something broke
# not: after
'before'
try {
    throw 'something broke'
}
finally {
    'cleaned'
}
'after'
