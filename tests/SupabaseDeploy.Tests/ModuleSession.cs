using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text.RegularExpressions;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests;

/// <summary>A runspace of the real engine with the built module imported.</summary>
public sealed class ModuleSession : IDisposable
{
    private readonly Runspace _runspace;
    private readonly ScreenHost _host = new();

    public ModuleSession(string? currentFolder = null)
    {
        var state = InitialSessionState.CreateDefault2();
        state.ImportPSModule(Repository.ModuleManifest);
        _runspace = RunspaceFactory.CreateRunspace(_host, state);
        _runspace.Open();
        if (currentFolder is not null)
        {
            _runspace.SessionStateProxy.Path.SetLocation(WildcardPattern.Escape(currentFolder));
        }
    }

    public Runspace Runspace => _runspace;

    /// <summary>Everything that was shown on the screen so far, colours included.</summary>
    public string Screen => _host.Text;

    /// <summary>Runs a script and gives everything it wrote.</summary>
    public SessionResult Run(string script, params object[] input)
    {
        using PowerShell shell = PowerShell.Create(_runspace);
        shell.AddScript(script);
        Exception? thrown = null;
        var output = new PSDataCollection<PSObject>();
        try
        {
            shell.Invoke<PSObject>(input.Length == 0 ? (IEnumerable)Array.Empty<object>() : input, output, new PSInvocationSettings());
        }
        catch (RuntimeException e)
        {
            thrown = e;
        }

        return new SessionResult(
            [.. output],
            [.. shell.Streams.Error],
            [.. shell.Streams.Warning.Select(record => record.Message)],
            [.. shell.Streams.Verbose.Select(record => record.Message)],
            [.. shell.Streams.Information.Select(record => record.ToString())],
            thrown);
    }

    /// <summary>Runs a script as at a prompt and gives the text that is on the screen afterwards, without colours.</summary>
    public string Show(string script)
    {
        int before = _host.Text.Length;
        SessionResult result = Run($"& {{ {script} }} | Out-Default");
        return result.Thrown is null ? Regex.Replace(_host.Text[before..], @"\x1b\[[0-9;]*m", "") : throw result.Thrown;
    }

    /// <summary>Presses keys at the host, for a command that reads them.</summary>
    public void Press(string keys)
    {
        foreach (char key in keys)
        {
            _host.Keys.Enqueue(key);
        }
    }

    public void Dispose() => _runspace.Dispose();
}

/// <summary>What a script wrote and how it ended.</summary>
public sealed record SessionResult(
    IReadOnlyList<PSObject> Output,
    IReadOnlyList<ErrorRecord> Errors,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<string> Verbose,
    IReadOnlyList<string> Information,
    Exception? Thrown)
{
    /// <summary>The error that ended the script, or the first that was written.</summary>
    public ErrorRecord? Error => (Thrown as IContainsErrorRecord)?.ErrorRecord ?? Errors.FirstOrDefault();
}
