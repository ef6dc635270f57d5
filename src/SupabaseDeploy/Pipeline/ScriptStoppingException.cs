using System.Management.Automation;

namespace SupabaseDeploy.Shell.Pipeline;

/// <summary>
/// Ends the script, not just the statement, and makes <c>pwsh -File</c> exit 1: the engine treats it like an error under
/// <c>$ErrorActionPreference = 'Stop'</c>. It can be caught like any other error.
/// </summary>
public sealed class ScriptStoppingException : ActionPreferenceStopException
{
    /// <param name="error">What failed.</param>
    /// <param name="command">The command that failed; the engine names it in every other error, but not in this one.</param>
    public ScriptStoppingException(ErrorRecord error, PSCmdlet command)
        : base(error.Exception.Message, error.Exception)
    {
        ErrorRecord = new ErrorRecord(error.Exception, $"{error.FullyQualifiedErrorId},{command.GetType().FullName}", error.CategoryInfo.Category, error.TargetObject)
        {
            ErrorDetails = error.ErrorDetails,
        };
        ErrorRecord.CategoryInfo.Activity = command.MyInvocation.MyCommand.Name;
    }

    /// <inheritdoc/>
    public override ErrorRecord ErrorRecord { get; }
}
