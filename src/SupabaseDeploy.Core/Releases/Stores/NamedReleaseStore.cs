using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Releases;

/// <summary>Opens the store that <c>releases.store</c> of <c>env/pipeline.yml</c> names.</summary>
internal static class NamedReleaseStore
{
    private const string Scheme = "s3://";

    /// <summary>The store; null where none is named.</summary>
    /// <exception cref="ConfigurationException">References have no value, or the keys of the object storage are missing.</exception>
    public static IReleaseBlobs? Open(ProjectFolder project, WrittenPipeline pipeline)
    {
        if (pipeline.Releases is not { Store: { } store } written)
        {
            return null;
        }

        var problems = new ProblemList("env/pipeline.yml");
        var values = new ReferenceValues(project, SecretSettings.From(pipeline.Secrets));
        string? place = Text(store, values, problems);
        IReleaseBlobs? blobs = place?.StartsWith(Scheme, StringComparison.Ordinal) == true
            ? Storage(place, written, values, problems)
            : place is null ? null : new FolderBlobs(Path.GetFullPath(place, project.Root));
        return problems.HasErrors ? throw DeploymentPipeline.Unresolved([.. problems.InOrder(_ => null)]) : blobs;
    }

    private static ObjectStorageBlobs? Storage(string place, WrittenReleases written, ReferenceValues values, ProblemList problems)
    {
        string[] parts = place[Scheme.Length..].Split('/', 2);
        string region = Text(written.Region, values, problems) ?? Variable("AWS_REGION") ?? "us-east-1";
        string endpoint = Text(written.Endpoint, values, problems) ?? $"https://s3.{region}.amazonaws.com";
        string? access = Text(written.AccessKey, values, problems) ?? Needed("AWS_ACCESS_KEY_ID", "accessKey", written, problems);
        string? secret = Text(written.SecretKey, values, problems) ?? Needed("AWS_SECRET_ACCESS_KEY", "secretKey", written, problems);
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            problems.Error(written.Endpoint?.Path ?? "releases.endpoint", written.Endpoint?.Line ?? 0, "the value of 'endpoint' cannot be used; expected an http(s) URL.");
            return null;
        }

        string prefix = parts.Length > 1 && parts[1].Trim('/') is { Length: > 0 } folder ? folder + "/" : "";
        return access is null || secret is null
            ? null
            : new ObjectStorageBlobs(new ObjectStorageSettings(
                uri, parts[0], prefix, region, access, new Secret(secret), written.AccessKey is null && Variable("AWS_SESSION_TOKEN") is { } token ? new Secret(token) : null));
    }

    private static string? Text(Written<string>? written, ReferenceValues values, ProblemList problems)
    {
        if (written is null)
        {
            return null;
        }

        (string? text, IReadOnlyList<string> reasons) = values.Resolve(written.Value);
        foreach (string reason in reasons)
        {
            problems.Error(written.Path, written.Line, reason);
        }

        return text;
    }

    private static string? Needed(string variable, string key, WrittenReleases written, ProblemList problems)
    {
        if (Variable(variable) is { } value)
        {
            return value;
        }

        // A reference that has no value was reported already.
        if ((key == "accessKey" ? written.AccessKey : written.SecretKey) is null)
        {
            problems.Error($"releases.{key}", written.Store!.Line, $"the environment variable '{variable}' is not set; expected it, or 'releases.{key}' with a reference.");
        }

        return null;
    }

    private static string? Variable(string name) => System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
