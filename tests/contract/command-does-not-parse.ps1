# command: true
# exit: 1
# stderr: ParserError
if (
