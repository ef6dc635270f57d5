using System.Collections;
using System.Management.Automation;
using System.Text;

namespace SupabaseDeploy.Tests.Secrets;

/// <summary>One run of a script with <c>-Verbose -Debug</c> everywhere, and all that anybody gets to see of it.</summary>
internal sealed record Shown(string Text, ErrorRecord? Error)
{
    private const string Preamble = """
        $PSDefaultParameterValues = @{ '*:Verbose' = $true; '*:Debug' = $true; '*:InformationAction' = 'Continue'; '*:WarningAction' = 'Continue' }
        $VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'

        """;

    public static Shown By(ModuleSession session, string script)
    {
        var text = new StringBuilder();
        int before = session.Screen.Length;
        using PowerShell shell = PowerShell.Create(session.Runspace);
        shell.AddScript(Preamble + script);
        var output = new PSDataCollection<PSObject>();
        Exception? thrown = null;
        try
        {
            shell.Invoke<PSObject>(Array.Empty<object>(), output, new PSInvocationSettings());
        }
        catch (RuntimeException e)
        {
            thrown = e;
        }

        ErrorRecord[] errors = [.. shell.Streams.Error, .. (thrown as IContainsErrorRecord)?.ErrorRecord is { } last ? [last] : Array.Empty<ErrorRecord>()];
        foreach (ErrorRecord error in errors)
        {
            Add(text, error);
        }

        AddAll(text, output);
        AddAll(text, shell.Streams.Warning);
        AddAll(text, shell.Streams.Verbose);
        AddAll(text, shell.Streams.Debug);
        AddAll(text, shell.Streams.Information);
        AddAll(text, shell.Streams.Progress);
        session.Runspace.SessionStateProxy.SetVariable("shown", output);
        foreach (string view in (string[])["", "| Format-List", "| Format-List -Property *"])
        {
            session.Show($"$shown {view}");
        }

        // What a transcript would hold.
        text.Append(session.Screen[before..]);
        return new Shown(text.ToString(), errors.LastOrDefault());
    }

    private static void AddAll(StringBuilder text, IEnumerable values)
    {
        foreach (object value in values)
        {
            text.AppendLine(ObjectText.Of(value));
        }
    }

    private static void Add(StringBuilder text, ErrorRecord error)
    {
        text.AppendLine($"{error} {error.CategoryInfo} {error.FullyQualifiedErrorId} {error.ErrorDetails?.Message} {error.ErrorDetails?.RecommendedAction} {error.ScriptStackTrace} {error.InvocationInfo?.PositionMessage}");
        text.AppendLine(ObjectText.Of(error.TargetObject));
        for (Exception? e = error.Exception; e is not null; e = e.InnerException)
        {
            text.AppendLine(e.ToString());
            text.AppendLine(ObjectText.Of(e.Data));
            text.AppendLine(ObjectText.Of(e));
        }
    }
}
