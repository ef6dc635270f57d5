# exit: 0
# stdout: before
# stdout: after
# stderr: rows are missing
# stderr: Restore a backup.
# An error that was written goes to standard error, with its remedy.
[CmdletBinding()] param()
'before'
$record = [Management.Automation.ErrorRecord]::new([Exception]::new('rows are missing'), 'Missing', 'InvalidData', 'lessons')
$record.ErrorDetails = [Management.Automation.ErrorDetails]::new('rows are missing')
$record.ErrorDetails.RecommendedAction = 'Restore a backup.'
$PSCmdlet.WriteError($record)
'after'
