# exit: 0
# stderr: Get-Environment
# stdout: after
# A command that only reads ends its statement, as any other.
Import-Module SupabaseDeploy
Get-Environment nowhere
'after'
