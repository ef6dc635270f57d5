namespace SupabaseDeploy.Environments;

/// <summary>Gives the keys for the hosted platform their values.</summary>
/// <param name="project">The project.</param>
/// <param name="text">Resolves references; what has no value is a problem and reads as null.</param>
/// <param name="problems">Told what cannot be used.</param>
internal sealed class CloudResolver(ProjectFolder project, Func<Written<string>?, string?> text, ProblemList problems)
{
    private const int LongestSecret = 24576;

    public CloudSettings Resolve(WrittenCloud written) => new()
    {
        AccessToken = text(written.AccessToken) is { } token ? new Secret(token) : null,
        Api = Address(written.Api),
        Certificate = text(written.Certificate) is { } certificate ? Path.GetFullPath(certificate, project.Root) : null,
        Secrets = Secrets(written.Secrets),
        RemoveSecrets = [.. written.RemoveSecrets.Select(name => name.Value)],
        Hosting = written.Hosting is { } hosting ? Hosting(hosting) : null,
    };

    private HostingSettings Hosting(WrittenHosting hosting) => new()
    {
        Bucket = hosting.Bucket?.Value,
        Command = [.. hosting.Command.Select(argument => text(argument) ?? "")],
        Variables = Secrets(hosting.Variables),
        Url = Address(hosting.Url),
    };

    private Dictionary<string, Secret> Secrets(IReadOnlyDictionary<string, Written<string>> entries)
    {
        var secrets = new Dictionary<string, Secret>(StringComparer.Ordinal);
        foreach ((string name, Written<string> written) in entries)
        {
            if (text(written) is not { } value)
            {
                continue;
            }

            if (value.Length > LongestSecret)
            {
                problems.Error(written.Path, written.Line, $"the value of '{written.Value}' has {value.Length} characters; expected at most {LongestSecret}.");
            }

            secrets[name] = new Secret(value);
        }

        return secrets;
    }

    private Uri? Address(Written<string>? written)
    {
        if (text(written) is not { } address)
        {
            return null;
        }

        if (CloudReader.IsAddress(address))
        {
            return new Uri(address.EndsWith('/') ? address : address + "/");
        }

        problems.Error(written!.Path, written.Line, $"the value of '{written.Value}' cannot be used; expected an http(s) address.");
        return null;
    }
}
