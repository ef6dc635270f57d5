namespace SupabaseDeploy.Environments;

/// <summary>The keys of a stage that are for the hosted platform.</summary>
internal sealed record WrittenCloud
{
    public Written<string>? AccessToken { get; init; }

    public Written<string>? Api { get; init; }

    public Written<string>? Certificate { get; init; }

    public IReadOnlyDictionary<string, Written<string>> Secrets { get; init; } = new Dictionary<string, Written<string>>();

    public IReadOnlyList<Written<string>> RemoveSecrets { get; init; } = [];

    public WrittenHosting? Hosting { get; init; }

    /// <summary>Every key that is given, for whoever checks that it may be.</summary>
    public IReadOnlyList<(string Key, string Path, int Line)> Given { get; init; } = [];
}

/// <summary><c>hosting</c>.</summary>
internal sealed record WrittenHosting(string Path, int Line)
{
    public Written<string>? Bucket { get; init; }

    public IReadOnlyList<Written<string>> Command { get; init; } = [];

    public IReadOnlyDictionary<string, Written<string>> Variables { get; init; } = new Dictionary<string, Written<string>>();

    public Written<string>? Url { get; init; }
}
