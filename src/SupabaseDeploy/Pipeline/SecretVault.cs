using System.Management.Automation;
using System.Net;
using System.Security;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Shell.Pipeline;

/// <summary>
/// Asks Microsoft.PowerShell.SecretManagement, on the pipeline thread of a command that is running. The value travels as a SecureString, as
/// the text of a pipeline's objects may be logged.
/// </summary>
internal sealed class SecretVault(AsyncCmdlet cmdlet) : ISecretVault
{
    private const string Module = "Microsoft.PowerShell.SecretManagement";
    private const string GetSecret = Module + @"\Get-Secret";

    public SecretAnswer Read(string vault, string name) => cmdlet.OnPipelineThread(() => Ask(vault, name)).GetAwaiter().GetResult();

    private SecretAnswer Ask(string vault, string name)
    {
        // Finding the command loads the module where it is installed.
        if (cmdlet.InvokeCommand.GetCommand(GetSecret, CommandTypes.Cmdlet | CommandTypes.Function) is null)
        {
            return SecretAnswer.Missing($"the vault '{vault}' cannot be asked, as {Module} is not installed");
        }

        try
        {
            ScriptBlock script = ScriptBlock.Create($"param($vault, $name) {GetSecret} -Name $name -Vault $vault -ErrorAction Stop");
            return Answer(cmdlet.SessionState.InvokeCommand.InvokeScript(useLocalScope: true, script, null, vault, name).FirstOrDefault()?.BaseObject, vault, name);
        }
        catch (RuntimeException e) when (e is not PipelineStoppedException)
        {
            string said = (e.ErrorRecord?.Exception ?? e).Message.Split('\n')[0].Trim().TrimEnd('.');
            return SecretAnswer.Missing($"the vault '{vault}' has no '{name}' to give ({said})");
        }
    }

    private static SecretAnswer Answer(object? value, string vault, string name) => value switch
    {
        SecureString { Length: > 0 } secure => SecretAnswer.Found(new Secret(new NetworkCredential("", secure).Password)),
        string { Length: > 0 } text => SecretAnswer.Found(new Secret(text)),
        null or SecureString or string => SecretAnswer.Missing($"the vault '{vault}' has no '{name}'"),
        _ => SecretAnswer.Refused($"'{name}' in the vault '{vault}' is a {value.GetType().Name}, not text"),
    };
}
