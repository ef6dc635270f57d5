namespace SupabaseDeploy.Environments;

/// <summary>Reads the keys of a stage that are for the hosted platform.</summary>
internal sealed class CloudReader(ProblemList problems)
{
    private const string SecretsExpected = "a mapping of names to '${secret:NAME}'";
    private const string ReservedPrefix = "SUPABASE_";

    private static readonly string[] s_keys = ["accessToken", "api", "certificate", "secrets", "removeSecrets", "hosting"];

    public WrittenCloud Read(MapReader stage) => new()
    {
        AccessToken = OnlyReference(stage.Text("accessToken", "'${secret:NAME}'")),
        Api = Address(problems.Public(stage.Text("api", "an http(s) address"))),
        Certificate = problems.Public(stage.Text("certificate", "the path of a file")),
        Secrets = Secrets(stage, "secrets", IsSecretName),
        RemoveSecrets = [.. stage.Texts("removeSecrets", "a list of names").Where(IsSecretName)],
        Hosting = Hosting(stage.Map("hosting", "a mapping with 'bucket' or 'command'")),
        Given = [.. s_keys.Where(stage.Has).Select(key => (key, $"{stage.Path}.{key}", stage.LineOf(key)))],
    };

    private Dictionary<string, Written<string>> Secrets(MapReader parent, string key, Func<Written<string>, bool> isName)
    {
        var secrets = new Dictionary<string, Written<string>>(StringComparer.Ordinal);
        foreach ((string name, ConfigurationNode node, string path) in parent.Entries(key, SecretsExpected))
        {
            if (node is not ScalarNode { IsNothing: false } scalar)
            {
                problems.Error(path, node.Line, $"{node.Shown} stands here; expected '${{secret:NAME}}'.");
            }
            else if (isName(new Written<string>(name, path, node.Line)) && OnlyReference(new Written<string>(scalar.Text, path, node.Line)) is { } reference)
            {
                secrets[name] = reference;
            }
        }

        return secrets;
    }

    private WrittenHosting? Hosting(MapReader? hosting)
    {
        if (hosting is null)
        {
            return null;
        }

        var written = new WrittenHosting(hosting.Path, hosting.Line)
        {
            Bucket = hosting.Text("bucket", "the name of a storage bucket: lower-case letters, digits and '-'", IsBucketName),
            Command = [.. hosting.Texts("command", "a program and its arguments as a list, '{bundle}' for the bundle's folder").Where(IsArgument)],
            Variables = Secrets(hosting, "variables", _ => true),
            Url = Address(problems.Public(hosting.Text("url", "the http(s) address that the bundle is served at"))),
        };
        CheckHosting(hosting, written);
        return written;
    }

    private void CheckHosting(MapReader hosting, WrittenHosting written)
    {
        if (hosting.Has("bucket") == hosting.Has("command"))
        {
            problems.Error(hosting.Path, hosting.Line, "expected either 'bucket' or 'command'.");
        }
        else if (hosting.Has("command") && !hosting.Has("url"))
        {
            problems.Error($"{hosting.Path}.url", hosting.Line, "'url' is missing; expected the address that the command publishes to, so that it can be looked at.");
        }
        else if (hosting.Has("bucket") && written.Variables.Count > 0)
        {
            problems.Error($"{hosting.Path}.variables", hosting.LineOf("variables"), "'variables' does not belong here; it is for 'command'.");
        }
    }

    private bool IsSecretName(Written<string> name)
    {
        if (name.Value.StartsWith(ReservedPrefix, StringComparison.Ordinal))
        {
            problems.Error(name.Path, name.Line, $"'{name.Value}' begins with '{ReservedPrefix}', which the platform keeps for itself; expected another name.");
            return false;
        }

        bool isName = name.Value.Length <= 256 && (char.IsAsciiLetter(name.Value[0]) || name.Value[0] == '_') && name.Value.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
        if (!isName)
        {
            problems.Error(name.Path, name.Line, $"'{name.Value}' cannot be the name of a secret; expected letters, digits and '_'.");
        }

        return isName;
    }

    private Written<string>? OnlyReference(Written<string>? text)
    {
        if (text is null || Reference.IsIn(text.Value) || Reference.FormProblem(text.Value) is not null)
        {
            return problems.Referable(text);
        }

        problems.Error(text.Path, text.Line, "a secret stands here itself, and this file is kept in git; expected '${secret:NAME}' in its place.");
        return null;
    }

    private Written<string>? Address(Written<string>? text)
    {
        if (text is not null && !Reference.IsIn(text.Value) && !IsAddress(text.Value))
        {
            problems.Error(text.Path, text.Line, $"'{text.Value}' cannot be used; expected an http(s) address.");
            return null;
        }

        return text;
    }

    /// <summary>Arguments are seen by every user of the machine.</summary>
    private bool IsArgument(Written<string> text)
    {
        if (Reference.FormProblem(text.Value) is null && Reference.PublicProblem(text.Value) is not null)
        {
            problems.Error(text.Path, text.Line, $"'{text.Value}' would put a secret among the arguments, which every user of the machine sees; expected it in 'variables'.");
            return false;
        }

        return problems.Public(text) is not null;
    }

    public static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https";

    private static bool IsBucketName(string text) => text.Length is >= 3 and <= 63 && text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');
}
