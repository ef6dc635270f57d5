using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;

namespace SupabaseDeploy.Host.Engine;

/// <summary>Says of a command that every pwsh has and the bare engine lacks where it is, instead of that it is not recognized.</summary>
internal static class MissingCommands
{
    public static void Explain(Runspace runspace) =>
        runspace.SessionStateProxy.InvokeCommand.CommandNotFoundAction = (_, lookup) =>
        {
            if (BuiltInModules.ModuleOf(lookup.CommandName) is { } module)
            {
                lookup.CommandScriptBlock = Failing(lookup.CommandName, module);
            }
        };

    /// <summary>
    /// A command that takes any arguments and throws. That ends the script, where a command that is not recognized ends the statement only:
    /// what a script goes on to do without its commands is not what it was written to do.
    /// </summary>
    private static ScriptBlock Failing(string command, string module)
    {
        string message = $"The command '{command}' is part of {module}, which this host does not have. "
            + "Install PowerShell 7.6 or later (pwsh) and run this there, or use .NET calls instead.";
        return ScriptBlock.Create($$"""
            throw [Management.Automation.ErrorRecord]::new(
                [Management.Automation.CommandNotFoundException]::new('{{CodeGeneration.EscapeSingleQuotedStringContent(message)}}'),
                'CommandNotInThisHost', 'ObjectNotFound', '{{CodeGeneration.EscapeSingleQuotedStringContent(command)}}')
            """);
    }
}
