# exit: 1
# stdout: one Failed
# stdout: two Failed
# stderr: 2 of 2 databases failed
# not: after
# not: secret
# Each database gives its run before the command fails, and the script ends with exit code 1 though it sets nothing.
Import-Module SupabaseDeploy
$folder = [IO.Directory]::CreateTempSubdirectory().FullName
try {
    [IO.File]::WriteAllText("$folder/1_a.sql", 'select 1')
    $urls = 'postgresql://a:secret@127.0.0.1:1/one', 'postgresql://a:secret@127.0.0.1:1/two'
    Invoke-Migration -DatabaseUrl $urls -Path $folder -MaxFailures 2 |
        ForEach-Object { "$($_.Environment) $($_.Status)" }
} finally { [IO.Directory]::Delete($folder, $true) }
'after'
