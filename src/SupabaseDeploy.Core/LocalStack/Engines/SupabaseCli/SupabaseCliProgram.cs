using System.Collections;
using System.Text.Json;
using System.Text.RegularExpressions;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>Runs the Supabase CLI for a project, and understands what it answers.</summary>
internal sealed partial class SupabaseCliProgram(ProjectFolder project, Func<string, string?> findProgram)
{
    private const int LinesShown = 8;

    // Of no use to the local commands.
    private static readonly string[] s_withheld = ["SUPABASE_ACCESS_TOKEN", "SUPABASE_DB_PASSWORD"];

    /// <summary>The program: the project's own, as npm installs it, else the one on PATH; null when there is none.</summary>
    public string? Find()
    {
        string local = Path.Combine(project.Root, "node_modules", ".bin", OperatingSystem.IsWindows() ? "supabase.cmd" : "supabase");
        return File.Exists(local) ? local : findProgram("supabase");
    }

    /// <summary>Runs it to its end.</summary>
    /// <param name="arguments">One of <see cref="SupabaseCliCommands"/>.</param>
    /// <param name="said">Told each line for people; null for nobody.</param>
    /// <param name="cancellationToken">Ends it with everything it started.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.SupabaseCliNotFound"/>.</exception>
    public Task<ProcessResult> RunAsync(IReadOnlyList<string> arguments, Action<string>? said, CancellationToken cancellationToken)
    {
        string program = Find() ?? throw new DeployException(
            ErrorTable.SupabaseCliNotFound,
            $"Engine '{LocalStackEngine.SupabaseCli}' needs the Supabase CLI: there is no program 'supabase' on PATH, and none in '{Path.Combine(project.Root, "node_modules")}'.",
            "Install it, for example with 'npm install supabase --save-dev', or start the stack with '-Engine Embedded'.",
            "supabase");
        var request = new ProcessRequest(program, arguments)
        {
            WorkingDirectory = project.Root,
            Environment = EnvironmentFor(Environment.GetEnvironmentVariables(), ReadConfiguration()),
            ErrorLineReceived = said,
        };
        return ChildProcess.RunAsync(request, cancellationToken);
    }

    /// <summary>The same; anything but exit code 0 is an error.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.SupabaseCliFailed"/> or <see cref="ErrorTable.SupabaseCliNeedsDocker"/>, with what it said last.</exception>
    public async Task<ProcessResult> RunToSuccessAsync(IReadOnlyList<string> arguments, IProgressSink sink, CancellationToken cancellationToken)
    {
        ProcessResult result = await RunAsync(arguments, line => sink.Publish(new Detail(line)), cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0 ? result : throw Failed(arguments, result);
    }

    /// <summary>Why it failed, in its own words.</summary>
    public static string MessageOf(ProcessResult result)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(result.Output);
            if (document.RootElement.GetProperty("error").GetProperty("message").GetString() is { Length: > 0 } message)
            {
                return message;
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // An older CLI, or one that ended before it could answer: it may have said something all the same.
        }

        return ProcessResult.LastLines(result.Error, LinesShown);
    }

    /// <summary>True when it failed because Docker does not answer.</summary>
    public static bool LacksDocker(string message) =>
        message.Contains("Docker daemon", StringComparison.OrdinalIgnoreCase) || message.Contains("docker.sock", StringComparison.Ordinal)
        || message.Contains("docker client must be run", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The variables it gets besides the usual: those of Docker, its own, and those that <c>config.toml</c> reads with <c>env(NAME)</c>.
    /// </summary>
    internal static Dictionary<string, string?> EnvironmentFor(IDictionary ours, string configuration)
    {
        var read = EnvironmentReference().Matches(configuration).Select(match => match.Groups["name"].Value).ToHashSet();
        Dictionary<string, string?> passed = ours.Cast<DictionaryEntry>()
            .Where(entry => (string)entry.Key is var name && !s_withheld.Contains(name)
                && (read.Contains(name) || name.StartsWith("SUPABASE_", StringComparison.Ordinal) || name.StartsWith("DOCKER_", StringComparison.Ordinal)))
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value);
        passed.TryAdd("SUPABASE_TELEMETRY_DISABLED", "1");
        return passed;
    }

    private static DeployException Failed(IReadOnlyList<string> arguments, ProcessResult result)
    {
        string command = $"supabase {string.Join(' ', arguments.TakeWhile(argument => !argument.StartsWith('-')))}";
        string message = MessageOf(result);
        string context = ProcessResult.LastLines(result.Error, LinesShown);
        string said = message.Length == 0 ? "it said nothing" : message == context || context.Length == 0 ? message : $"{message}\n{context}";
        return LacksDocker(message)
            ? new DeployException(
                ErrorTable.SupabaseCliNeedsDocker,
                $"'{command}' cannot reach Docker: {message}",
                "Start Docker, or start the stack with '-Engine Embedded', which needs none.",
                command)
            : new DeployException(
                ErrorTable.SupabaseCliFailed,
                $"'{command}' failed with exit code {result.ExitCode}: {said}",
                $"Correct what it reports; '{command} --debug' shows more.",
                command);
    }

    private string ReadConfiguration()
    {
        string file = SupabaseConfiguration.FileOf(project);
        return File.Exists(file) ? File.ReadAllText(file) : "";
    }

    [GeneratedRegex(@"env\((?<name>\w+)\)")]
    private static partial Regex EnvironmentReference();
}
