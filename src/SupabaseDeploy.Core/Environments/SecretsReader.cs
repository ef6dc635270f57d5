namespace SupabaseDeploy.Environments;

/// <summary>Reads <c>secrets</c>: where <c>${secret:NAME}</c> is looked for beside the environment and files of one's own.</summary>
internal static class SecretsReader
{
    private const string Expected = "a program and its arguments as a list, '{name}' for the secret's name";

    public static WrittenSecrets? Read(MapReader? secrets, ProblemList problems)
    {
        if (secrets is null)
        {
            return null;
        }

        var written = new WrittenSecrets
        {
            Command = secrets.Texts("command", Expected),
            Timeout = secrets.Span("timeout"),
            Vault = secrets.Text("vault", "the name of a vault of Microsoft.PowerShell.SecretManagement"),
        };
        if (!secrets.Has("command") && !secrets.Has("vault"))
        {
            problems.Error(secrets.Path, secrets.Line, "nothing is named here; expected 'command', 'vault' or both.");
        }
        else if (!secrets.Has("command") && secrets.Has("timeout"))
        {
            problems.Error($"{secrets.Path}.timeout", secrets.LineOf("timeout"), "'timeout' does not belong here; it is for 'command'.");
        }

        CheckCommand(secrets, written.Command, problems);
        foreach (Written<string> text in (Written<string>[])[.. written.Command, .. written.Vault is { } vault ? [vault] : Array.Empty<Written<string>>()])
        {
            if (Reference.FormProblem(text.Value) is not null || Reference.IsIn(text.Value))
            {
                problems.Error(text.Path, text.Line, $"'{text.Value}' holds a reference, and this is what references are looked for with; expected the text itself.");
            }
        }

        return written;
    }

    private static void CheckCommand(MapReader secrets, IReadOnlyList<Written<string>> command, ProblemList problems)
    {
        string path = $"{secrets.Path}.command";
        if (!secrets.Has("command") || problems.Problems.Any(problem => problem.Path.StartsWith(path, StringComparison.Ordinal)))
        {
            return;
        }

        if (command.Count == 0)
        {
            problems.Error(path, secrets.LineOf("command"), $"the list is empty; expected {Expected}.");
        }
        else if (command[0].Value.Contains(SecretSettings.Placeholder, StringComparison.Ordinal))
        {
            problems.Error(command[0].Path, command[0].Line, $"'{command[0].Value}' holds '{{name}}'; expected the program here, and '{{name}}' in an argument.");
        }
        else if (!command.Skip(1).Any(argument => argument.Value.Contains(SecretSettings.Placeholder, StringComparison.Ordinal)))
        {
            problems.Error(path, secrets.LineOf("command"), $"no argument holds '{{name}}', so that every secret would be the same; expected {Expected}.");
        }
    }
}
