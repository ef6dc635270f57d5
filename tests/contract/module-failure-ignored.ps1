# exit: 0
# stdout: after
# stdout: 1
# -ErrorAction is honoured: the error is written, or only kept.
Import-Module SupabaseDeploy
Stop-LocalStack nowhere -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable kept
'after'
@($kept).Count
