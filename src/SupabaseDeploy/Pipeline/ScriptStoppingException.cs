using System.Management.Automation;

namespace SupabaseDeploy.Shell.Pipeline;

/// <summary>
/// Ends the script, not just the statement, and makes <c>pwsh -File</c> exit 1: the engine treats it like an error under
/// <c>$ErrorActionPreference = 'Stop'</c>. It can be caught like any other error.
/// </summary>
public sealed class ScriptStoppingException : ActionPreferenceStopException
{
    /// <param name="error">What failed.</param>
    /// <param name="commandType">The command that failed; the engine adds it to the id of every other error, but not to this one's.</param>
    public ScriptStoppingException(ErrorRecord error, Type commandType)
        : base(error.Exception.Message, error.Exception) =>
        ErrorRecord = new ErrorRecord(error.Exception, $"{error.FullyQualifiedErrorId},{commandType.FullName}", error.CategoryInfo.Category, error.TargetObject)
        {
            ErrorDetails = error.ErrorDetails,
        };

    /// <inheritdoc/>
    public override ErrorRecord ErrorRecord { get; }
}
