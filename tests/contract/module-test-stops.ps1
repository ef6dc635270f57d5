# exit: 1
# stderr: Test-DeploymentHealth
# stderr: nowhere
# not: after
# A test that could not be carried out was not passed.
Import-Module SupabaseDeploy
Test-DeploymentHealth nowhere -FailOn Failed
'after'
