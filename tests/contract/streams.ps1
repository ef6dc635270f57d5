# exit: 0
# stdout: an output
# stdout: VERBOSE: a detail
# stdout: DEBUG: a trace
# stdout: WARNING: a warning
# stdout: an information
# stdout: a host line
# stderr: an error
# stderr: a host error
# Errors go to standard error, everything else to standard output, in order.
[CmdletBinding()] param()
$VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'
'an output'
$PSCmdlet.WriteVerbose('a detail')
$PSCmdlet.WriteDebug('a trace')
$PSCmdlet.WriteWarning('a warning')
$PSCmdlet.WriteInformation('an information', [string[]]@())
$Host.UI.WriteLine('a host line')
$PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new([Exception]::new('an error'), 'Error', 'InvalidData', $null))
$Host.UI.WriteErrorLine('a host error')
