# exit: 0
# stdin: "one\ntwo\n"
# stdout: <one>
# stdout: <two>
# stdout: done
$input | ForEach-Object { "<$_>" }
'done'
