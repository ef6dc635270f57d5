using System.Management.Automation.Runspaces;

namespace SupabaseDeploy.Host.CommandLine;

/// <summary>What the command line asks for.</summary>
internal enum HostMode
{
    /// <summary>A prompt, or commands line by line from standard input.</summary>
    Prompt,

    /// <summary><c>-File script args…</c></summary>
    File,

    /// <summary><c>-Command text</c></summary>
    Command,

    /// <summary><c>-Version</c></summary>
    Version,

    /// <summary><c>-Help</c></summary>
    Help,

    /// <summary>A command line that cannot be followed.</summary>
    Refused,
}

/// <summary>The command line, understood.</summary>
internal sealed record HostOptions
{
    public HostMode Mode { get; init; } = HostMode.Prompt;

    /// <summary>The full path of the script of <see cref="HostMode.File"/>.</summary>
    public string? File { get; init; }

    /// <summary>The text of <see cref="HostMode.Command"/>.</summary>
    public string? Command { get; init; }

    /// <summary>What follows the script or command, as its parameters.</summary>
    public IReadOnlyList<CommandParameter> Arguments { get; init; } = [];

    /// <summary>Never ask: fail instead.</summary>
    public bool NonInteractive { get; init; }

    /// <summary>Stay at the prompt after the script or command.</summary>
    public bool NoExit { get; init; }

    /// <summary>No greeting.</summary>
    public bool NoLogo { get; init; }

    /// <summary>Where to start.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Of use on Windows only.</summary>
    public string? ExecutionPolicy { get; init; }

    /// <summary>Why the command line is refused.</summary>
    public string? Refusal { get; init; }

    /// <summary>Whether the refusal is followed by the help.</summary>
    public bool ShowHelp { get; init; }

    /// <summary>This command line, refused.</summary>
    public HostOptions Refuse(string why, bool showHelp = false) =>
        this with { Mode = HostMode.Refused, Refusal = why, ShowHelp = showHelp };
}
