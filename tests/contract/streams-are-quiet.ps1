# exit: 0
# stdout: the end
# not: a detail
# not: a trace
# not: an information
[CmdletBinding()] param()
$PSCmdlet.WriteVerbose('a detail')
$PSCmdlet.WriteDebug('a trace')
$PSCmdlet.WriteInformation('an information', [string[]]@())
'the end'
