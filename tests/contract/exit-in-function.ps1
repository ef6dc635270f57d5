# exit: 4
# not: after
# exit ends the script from wherever it is reached, and what is in finally runs.
# stdout: cleaned
function Stop-Here { try { exit 4 } finally { [Console]::WriteLine('cleaned') } }
1, 2 | ForEach-Object { Stop-Here }
'after'
