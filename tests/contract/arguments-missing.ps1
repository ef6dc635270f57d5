# exit: 1
# args: ["-NonInteractive"]
# stderr: Name
# not: ran
# What a script must be given and is not, where nobody can be asked. (-NonInteractive after -File would be the script's.)
[CmdletBinding()] param([Parameter(Mandatory)] [string] $Name, [switch] $NonInteractive)
'ran'
