namespace SupabaseDeploy.Environments;

/// <summary>The process's environment.</summary>
internal sealed class EnvironmentSecrets : ISecretSource
{
    public string Name => "environment";

    public SecretAnswer Ask(string name) => System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
        ? SecretAnswer.Found(new Secret(value))
        : SecretAnswer.Missing($"the environment variable '{name}' is not set");
}

/// <summary>Files of one's own in <c>.supabase-deploy/secrets</c>.</summary>
internal sealed class FileSecrets(ProjectFolder project) : ISecretSource
{
    private const UnixFileMode OthersMayRead = UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public string Name => "file";

    public SecretAnswer Ask(string name)
    {
        string path = project.SecretFile(name);
        string shown = Path.GetRelativePath(project.Root, path).Replace('\\', '/');
        if (!File.Exists(path))
        {
            return SecretAnswer.Missing($"there is no file '{shown}'");
        }

        return !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OthersMayRead) != 0
            ? SecretAnswer.Refused($"others may read the file '{shown}'; make it yours alone with 'chmod 600'")
            : Read(path, shown);
    }

    /// <summary>The content of a file without the line break at its end.</summary>
    public static SecretAnswer Read(string path, string shown)
    {
        try
        {
            string text = File.ReadAllText(path).TrimEnd('\r', '\n');
            return text.Length > 0 ? SecretAnswer.Found(new Secret(text)) : SecretAnswer.Refused($"the file '{shown}' is empty");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return SecretAnswer.Missing($"there is no file '{shown}'");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return SecretAnswer.Refused($"the file '{shown}' cannot be read");
        }
    }
}

/// <summary>A vault that the shell can ask.</summary>
internal sealed class VaultSecrets(string vault, SecretLookup lookup) : ISecretSource
{
    public string Name => "vault";

    public SecretAnswer Ask(string name) => (lookup.IsQuiet, lookup.Vault) switch
    {
        (true, _) => SecretAnswer.Missing($"the vault '{vault}' is not asked here"),
        (_, null) => SecretAnswer.Missing($"the vault '{vault}' can be asked from PowerShell only"),
        (_, { } asker) => lookup.Once($"the vault '{vault}'", $"vault {vault} {name}", name, () => asker.Read(vault, name)),
    };
}
