# exit: 1
# args: ["-Nmae", "x"]
# stderr: Nmae
# not: ran
[CmdletBinding()] param([string] $Name)
'ran'
