# exit: 0
# stdout: caught
# stdout: after
# It can be caught like any other error.
Import-Module SupabaseDeploy
try { Stop-LocalStack nowhere -Confirm:$false } catch { "caught $($_.FullyQualifiedErrorId)" }
'after'
