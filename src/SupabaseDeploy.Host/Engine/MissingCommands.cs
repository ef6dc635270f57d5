using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace SupabaseDeploy.Host.Engine;

/// <summary>Says of a command that every pwsh has and the bare engine lacks where it is, instead of that it is not recognized.</summary>
internal static class MissingCommands
{
    public static void Explain(Runspace runspace) =>
        runspace.SessionStateProxy.InvokeCommand.CommandNotFoundAction = (_, lookup) =>
        {
            if (BuiltInModules.ModuleOf(lookup.CommandName) is not null)
            {
                lookup.Command = new CmdletInfo(lookup.CommandName, typeof(MissingCommand));
            }
        };
}

/// <summary>
/// Stands for a command that is not here: takes any arguments and ends the script, where a command that is not recognized ends
/// the statement only. What a script goes on to do without its commands is not what it was written to do.
/// </summary>
[Cmdlet(VerbsDiagnostic.Resolve, "MissingCommand")]
internal sealed class MissingCommand : PSCmdlet
{
    /// <summary>Whatever is piped.</summary>
    [Parameter(ValueFromPipeline = true)]
    public object? InputObject { get; set; }

    /// <summary>Whatever is given.</summary>
    [Parameter(ValueFromRemainingArguments = true)]
    public object[]? Arguments { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        string name = MyInvocation.MyCommand.Name;
        var failure = new CommandNotFoundException(
            $"The command '{name}' is part of {BuiltInModules.ModuleOf(name)}, which this host does not have.");
        var error = new ErrorRecord(failure, "CommandNotInThisHost", ErrorCategory.ObjectNotFound, name)
        {
            ErrorDetails = new ErrorDetails(failure.Message) { RecommendedAction = "Install PowerShell 7.6 or later (pwsh) and run this there, or use .NET calls instead." },
        };
        throw new MissingCommandException(error);
    }

    /// <summary>The engine ends the script on it, as on an error under <c>$ErrorActionPreference = 'Stop'</c>.</summary>
    private sealed class MissingCommandException(ErrorRecord error) : ActionPreferenceStopException(error.Exception.Message, error.Exception)
    {
        /// <inheritdoc/>
        public override ErrorRecord ErrorRecord { get; } = error;
    }
}
