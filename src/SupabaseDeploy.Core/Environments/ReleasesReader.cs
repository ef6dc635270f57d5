namespace SupabaseDeploy.Environments;

/// <summary>Reads <c>releases</c>: where releases are kept for everybody.</summary>
internal static class ReleasesReader
{
    private const string Place = "a folder, or 's3://bucket/prefix'";

    public static WrittenReleases? Read(MapReader? releases, ProblemList problems)
    {
        if (releases is null)
        {
            return null;
        }

        releases.Require("store", Place);
        var written = new WrittenReleases
        {
            Store = releases.Text("store", Place),
            Endpoint = releases.Text("endpoint", "the URL of a service that speaks S3"),
            Region = releases.Text("region", "the region of the bucket"),
            AccessKey = releases.Text("accessKey", "a reference like '${NAME}'"),
            SecretKey = releases.Text("secretKey", "a reference like '${secret:NAME}'"),
        };
        problems.Public(written.Store);
        problems.Public(written.Endpoint);
        problems.Public(written.Region);
        problems.Referable(written.AccessKey);
        problems.Referable(written.SecretKey);
        CheckPlace(written, problems);
        if (written.SecretKey is { } secret && !Reference.IsIn(secret.Value))
        {
            problems.Error(secret.Path, secret.Line, "the key is written down, and this file is kept in git; expected '${secret:NAME}' in its place.");
        }

        return written;
    }

    private static void CheckPlace(WrittenReleases written, ProblemList problems)
    {
        if (written.Store is not { } store || Reference.IsIn(store.Value))
        {
            return;
        }

        bool isStorage = store.Value.StartsWith("s3://", StringComparison.Ordinal);
        if (isStorage ? store.Value["s3://".Length..].Split('/')[0].Length == 0 : store.Value.Contains("://", StringComparison.Ordinal))
        {
            problems.Error(store.Path, store.Line, $"'{store.Value}' cannot be used; expected {Place}.");
        }

        foreach (Written<string> key in isStorage ? [] : ((Written<string>?[])[written.Endpoint, written.Region, written.AccessKey, written.SecretKey]).OfType<Written<string>>())
        {
            problems.Error(key.Path, key.Line, $"'{key.Path.Split('.')[1]}' does not belong here; it is for a store 's3://bucket/prefix'.");
        }
    }
}
