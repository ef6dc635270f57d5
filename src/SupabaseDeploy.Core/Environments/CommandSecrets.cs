using System.Collections;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Environments;

/// <summary>A program of the user's, such as the CLI of a password manager, that writes the value to standard output.</summary>
internal sealed class CommandSecrets(ProjectFolder project, SecretSettings settings, SecretLookup lookup) : ISecretSource
{
    private const int LongestComplaint = 200;

    public string Name => "command";

    /// <summary>The program and its arguments for one secret. A path is the project's; a name alone is looked for on PATH.</summary>
    public static (string Program, IReadOnlyList<string> Arguments) Command(ProjectFolder project, IReadOnlyList<string> command, string name) =>
    (
        Path.GetFileName(command[0]) == command[0] ? command[0] : Path.GetFullPath(command[0], project.Root),
        [.. command.Skip(1).Select(argument => argument.Replace(SecretSettings.Placeholder, name, StringComparison.Ordinal))]
    );

    public SecretAnswer Ask(string name)
    {
        (string program, IReadOnlyList<string> arguments) = Command(project, settings.Command, name);
        string shown = string.Join(' ', [settings.Command[0], .. arguments]);
        return lookup.IsQuiet
            ? SecretAnswer.Missing($"'{shown}' is not run here")
            : lookup.Once($"'{settings.Command[0]}'", $"command {project} {shown}", name, () => Run(new ProcessRequest(program, arguments) { WorkingDirectory = project.Root, Environment = OurEnvironment() }, shown));
    }

    private SecretAnswer Run(ProcessRequest request, string shown)
    {
        using var limit = new CancellationTokenSource(settings.Timeout, lookup.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, lookup.Cancellation);
        try
        {
            return Answer(ChildProcess.RunAsync(request, either.Token).GetAwaiter().GetResult(), shown);
        }
        catch (OperationCanceledException) when (!lookup.Cancellation.IsCancellationRequested)
        {
            return SecretAnswer.Missing($"'{shown}' did not end within {Duration.Format(settings.Timeout)}");
        }
        catch (DeployException e) when (e.Code == ErrorTable.ProgramNotFound)
        {
            return SecretAnswer.Missing($"'{shown}' cannot be run, as the program was not found");
        }
        catch (DeployException e) when (e.Code == ErrorTable.ProgramFailed)
        {
            return SecretAnswer.Missing($"'{shown}' cannot be started");
        }
    }

    /// <summary>Never a word of the output: whatever stands there may be the secret.</summary>
    private static SecretAnswer Answer(ProcessResult result, string shown)
    {
        if (result.ExitCode != 0)
        {
            string said = ProcessResult.LastLines(result.Error, 1);
            return SecretAnswer.Missing($"'{shown}' ended with exit code {result.ExitCode}{(said.Length > 0 ? $" ({said[..Math.Min(said.Length, LongestComplaint)]})" : "")}");
        }

        string value = WithoutLastLineBreak(result.Output);
        return value.Length == 0 ? SecretAnswer.Missing($"'{shown}' wrote nothing")
            : result.IsTruncated ? SecretAnswer.Missing($"'{shown}' wrote more than can be a secret")
            : SecretAnswer.Found(new Secret(value));
    }

    private static string WithoutLastLineBreak(string text)
    {
        string line = text.EndsWith('\n') ? text[..^1] : text;
        return line.EndsWith('\r') ? line[..^1] : line;
    }

    /// <summary>
    /// All of it: such a program finds its own token, agent or profile there, under names that nobody can list. It is run as the user would
    /// run it, and nothing is added.
    /// </summary>
    private static Dictionary<string, string?> OurEnvironment() =>
        System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value);
}
