# exit: 1
# stderr: Stop-LocalStack
# stderr: nowhere
# not: after
# A command that was to change something ends the script when it fails, even in a script that sets nothing.
Import-Module SupabaseDeploy
Stop-LocalStack nowhere -Confirm:$false
'after'
