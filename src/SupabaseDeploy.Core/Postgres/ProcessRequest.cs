using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Postgres;

/// <summary>One run of another program. Arguments are visible to every user of the machine: a secret never goes there.</summary>
/// <param name="FileName">Absolute path, or a name looked for on PATH.</param>
/// <param name="Arguments">The arguments, each as the program shall see it.</param>
public sealed record ProcessRequest(string FileName, IReadOnlyList<string> Arguments)
{
    /// <summary>
    /// Variables added to the child's environment; null takes one away. The child otherwise gets only what
    /// <see cref="ChildEnvironment"/> passes on, so that our caller's secrets do not reach programs that have no use for them.
    /// </summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>The child's current folder; null for ours, or the root folder when <see cref="RunAs"/> is set, as ours may be closed to that user.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Text for the child's standard input, which is closed after it; null for an empty input.</summary>
    public string? StandardInputText { get; init; }

    /// <summary>The user the program runs as; needs a process of root. Null for our own user.</summary>
    public string? RunAs { get; init; }

    /// <summary>How many characters at the end of each output are kept.</summary>
    public int OutputLimit { get; init; } = 4 * 1024 * 1024;

    /// <summary>Called for each line of either output as it arrives, from any thread.</summary>
    public Action<string>? LineReceived { get; init; }

    /// <summary>Called for each line of standard error alone, where standard output is not for people.</summary>
    public Action<string>? ErrorLineReceived { get; init; }

    /// <summary>The program and its arguments, for messages; never the environment or the input.</summary>
    public override string ToString() => string.Join(' ', [FileName, .. Arguments]);
}

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">Its exit code; 128 + number after a signal.</param>
/// <param name="Output">The end of its standard output, at most <see cref="ProcessRequest.OutputLimit"/> characters.</param>
/// <param name="Error">The end of its standard error, at most <see cref="ProcessRequest.OutputLimit"/> characters.</param>
public sealed record ProcessResult(int ExitCode, string Output, string Error)
{
    /// <summary>True when output was longer than the limit, so that its beginning is lost.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>Throws unless the program ended with exit code 0; the message holds the last lines it wrote.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ProgramFailed"/>.</exception>
    public ProcessResult EnsureSuccess(ProcessRequest request)
    {
        if (ExitCode == 0)
        {
            return this;
        }

        string said = LastLines(Error.Length > 0 ? Error : Output, 8);
        throw new DeployException(
            ErrorTable.ProgramFailed,
            $"Program '{Path.GetFileName(request.FileName)}' ended with exit code {ExitCode}{(said.Length > 0 ? ": " + said : ".")}",
            $"Correct what the program reports; it was run as: {request}",
            request.ToString());
    }

    /// <summary>The last <paramref name="count"/> lines of <paramref name="text"/> that are not empty.</summary>
    public static string LastLines(string text, int count) =>
        string.Join('\n', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).TakeLast(count));
}
