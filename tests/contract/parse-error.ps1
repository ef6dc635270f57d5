# exit: 1
# stderr: ParserError
# stderr: parse-error.ps1
# not: before
'before'
if (
