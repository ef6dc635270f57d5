using System.Management.Automation;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Shell.Pipeline;

/// <summary>Refuses to ask a question where nobody can answer it.</summary>
internal static class Confirmation
{
    private static readonly string[] s_consoleHosts = ["ConsoleHost", "SupabaseDeploy.Host"];

    public static void EnsureCanAsk(PSCmdlet cmdlet, string action, string target)
    {
        if (WouldAsk(cmdlet) && s_consoleHosts.Contains(cmdlet.Host.Name) && InputIsRedirected())
        {
            throw new DeployException(
                ErrorTable.ConfirmationImpossible,
                $"Cannot ask whether to do '{action}' on '{target}': there is no terminal to ask on.",
                "Run it with '-Confirm:$false' to go ahead without being asked.",
                target);
        }
    }

    /// <summary>True when a question of the impact that the command's class declares will be asked.</summary>
    public static bool WouldAsk(PSCmdlet cmdlet) => WouldAsk(cmdlet, Impact(cmdlet));

    /// <summary>True when a question of <paramref name="impact"/> is to be asked.</summary>
    public static bool WouldAsk(PSCmdlet cmdlet, ConfirmImpact impact)
    {
        IDictionary<string, object> bound = cmdlet.MyInvocation.BoundParameters;
        if (bound.TryGetValue("WhatIf", out object? whatIf) && LanguagePrimitives.IsTrue(whatIf))
        {
            return false;
        }

        if (bound.TryGetValue("Confirm", out object? confirm))
        {
            return LanguagePrimitives.IsTrue(confirm);
        }

        return LanguagePrimitives.TryConvertTo(cmdlet.SessionState.PSVariable.GetValue("ConfirmPreference"), out ConfirmImpact preference)
            && preference != ConfirmImpact.None
            && impact >= preference;
    }

    private static ConfirmImpact Impact(PSCmdlet cmdlet) =>
        cmdlet.GetType().GetCustomAttributes(typeof(CmdletAttribute), inherit: false) is [CmdletAttribute attribute]
            ? attribute.ConfirmImpact
            : ConfirmImpact.Medium;

#pragma warning disable RS0030 // The one question asked of the console here: is there anybody to answer?
    private static bool InputIsRedirected() => Console.IsInputRedirected;
#pragma warning restore RS0030
}
