using System.Management.Automation;

namespace SupabaseDeploy.Shell.Pipeline;

/// <summary>
/// Ends the script, not just the statement, and makes <c>pwsh -File</c> exit 1: the engine treats it like an error under
/// <c>$ErrorActionPreference = 'Stop'</c>. It can be caught like any other error.
/// </summary>
public sealed class ScriptStoppingException(ErrorRecord error) : ActionPreferenceStopException(error.Exception.Message, error.Exception)
{
    /// <inheritdoc/>
    public override ErrorRecord ErrorRecord { get; } = error;
}
