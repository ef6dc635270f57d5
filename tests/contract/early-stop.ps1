# exit: 0
# stdout: 1
# stdout: 2
# stdout: cleaned
# stdout: after
# not: 3
# break ends a pipeline early, and what is upstream cleans up. (The engine itself has no Select-Object -First.)
function Get-Numbers { process { } end { foreach ($number in 1..1000) { $number } } clean { [Console]::WriteLine('cleaned') } }
foreach ($once in 0) { Get-Numbers | ForEach-Object { "$_"; if ($_ -eq 2) { break } } }
'after'
