using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// Keeps <c>env/&lt;name&gt;.json</c> in step with a stack: its URL and its public key, under the names that the file or the application
/// has for them. What else is in the file stays as it is, to the byte; a file that has the right values is not written, so that a running
/// application is not started anew. No secret key ever goes there.
/// </summary>
internal sealed class StackVariables
{
    private readonly string _environment;
    private readonly string _path;
    private readonly string _shown;
    private readonly string? _text;
    private readonly Task<IReadOnlySet<string>> _used;

    private StackVariables(string environment, string path, string shown, string? text, Task<IReadOnlySet<string>> used)
    {
        _environment = environment;
        _path = path;
        _shown = shown;
        _text = text;
        _used = used;
    }

    /// <summary>Reads and checks the file.</summary>
    /// <exception cref="ConfigurationException"><see cref="ErrorTable.InvalidConfiguration"/>: it is no flat JSON object, or holds a secret.</exception>
    public static StackVariables Read(DeploymentEnvironment environment)
    {
        string path = environment.Project.VariablesFile(environment.Name);
        string shown = $"env/{environment.Name}.json";
        string? text = ReadText(path, shown, environment.Name);
        return new StackVariables(environment.Name, path, shown, text, Task.Run(() => DartDefines.UsedBy(environment.Project.Root)));
    }

    /// <summary>Writes what is not as the stack has it. The file is read again: a start takes long enough to edit it meanwhile.</summary>
    /// <param name="url">The stack's URL.</param>
    /// <param name="keys">Its keys.</param>
    /// <param name="sink">Told when the file was written.</param>
    /// <param name="cancellationToken">Leaves the file as it was.</param>
    /// <returns>The values in the file, as <see cref="DeploymentEnvironment.Variables"/> has them.</returns>
    public async Task<IReadOnlyDictionary<string, string>> WriteAsync(Uri url, LocalKeys keys, IProgressSink sink, CancellationToken cancellationToken)
    {
        IReadOnlySet<string> used = await _used.ConfigureAwait(false);
        string? now;
        try
        {
            now = ReadText(_path, _shown, _environment);
        }
        catch (ConfigurationException e)
        {
            sink.Publish(new Caution($"'{_shown}' was changed while the stack started, and does not have its values: {e.Message}"));
            return Values(_text ?? "{}");
        }

        var file = new FlatJson(now ?? "{}\n");
        List<(string Key, string Value)> wanted = [.. StackValueNames.WantedIn(file.Texts, used, url, keys).Where(value => file.Texts.GetValueOrDefault(value.Key) != value.Value)];
        if (wanted.Count == 0 || (now is null && !BelongsHere(used)))
        {
            return Values(now ?? "{}");
        }

        string text = file.With(wanted);
        try
        {
            await AtomicFile.WriteAllTextAsync(_path, text, null, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The stack runs, and who cannot write here may not want Flutter at all.
            sink.Publish(new Caution($"'{_shown}' has other values than the stack, and cannot be written: {e.Message}"));
            return Values(now ?? "{}");
        }

        sink.Publish(new Notice($"'{_shown}' has the stack's {string.Join(" and ", wanted.Select(value => value.Key))} now."));
        return Values(text);
    }

    // A project that has neither environments nor a Flutter application reads no such file.
    private bool BelongsHere(IReadOnlySet<string> used) => used.Count > 0 || Directory.Exists(Path.GetDirectoryName(_path));

    private static string? ReadText(string path, string shown, string environment)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var problems = new ProblemList(shown);
        string? text = ConfigurationText.Read(path, problems);
        if (text is not null)
        {
            VariablesReader.Read(text, problems);
        }

        return problems.HasErrors
            ? throw new ConfigurationException(
                ErrorTable.InvalidConfiguration, [.. problems.InOrder(_ => environment)], "Correct what is listed, or delete the file: it is made anew with the stack's values.")
            : text;
    }

    private IReadOnlyDictionary<string, string> Values(string text) => VariablesReader.Read(text, new ProblemList(_shown));
}
