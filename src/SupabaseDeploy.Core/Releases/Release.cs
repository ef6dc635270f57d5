using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Releases;

/// <summary>
/// What is deployed: an immutable set of content, named by the SHA-256 of its canonical manifest. Built once, promoted unchanged.
/// Stored in <c>.supabase-deploy/releases/&lt;id&gt;/</c> with <c>manifest.json</c>, <c>migrations/</c>, <c>migrations/down/</c>, <c>functions/</c> and <c>web/</c>
/// or, with a bundle for each environment, <c>webs/&lt;environment&gt;/</c>.
/// </summary>
public sealed record Release
{
    /// <summary>64 lower-case hexadecimal digits: SHA-256 of the canonical manifest.</summary>
    public required string Id { get; init; }

    /// <summary>The first 12 digits of <see cref="Id"/>, as shown in tables and accepted where a release is named.</summary>
    public string ShortId => Id[..12];

    /// <summary>The format of its manifest: 1 is older than functions in releases.</summary>
    public int Format { get; init; } = ReleaseManifest.Format;

    /// <summary>The application's name.</summary>
    public required string Application { get; init; }

    /// <summary>The git commit it was made from (40 digits); null outside a repository.</summary>
    public string? GitCommit { get; init; }

    /// <summary>True when the work tree had changes that the commit does not hold.</summary>
    public bool IsDirty { get; init; }

    /// <summary>When it was made, UTC. Not part of the id.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>All migrations of the project, in order.</summary>
    public required IReadOnlyList<ReleaseMigration> Migrations { get; init => field = value.ToArray(); }

    /// <summary>The edge functions, by slug.</summary>
    public IReadOnlyList<ReleaseFunction> Functions { get; init => field = value.ToArray(); } = [];

    /// <summary>The public configuration of every stage.</summary>
    public ReleaseConfiguration Configuration { get; init; } = ReleaseConfiguration.Empty;

    /// <summary>The images of services that are named by digest, by service: <c>supabase/gotrue@sha256:…</c>.</summary>
    public IReadOnlyDictionary<string, string> Images { get; init; } = new Dictionary<string, string>();

    /// <summary>The web bundle; null when the application has none, or one for each environment: see <see cref="For"/>.</summary>
    public ReleaseBundle? Web { get; init; }

    /// <summary>The web bundles of a build that has the values of an environment compiled in; null when there is one for all, or none.</summary>
    public ReleaseWebs? Webs { get; init; }

    /// <summary>The folder it is stored in, absolute. Not part of the id.</summary>
    public required string Path { get; init; }

    /// <summary>True when the call that gave this object made the release; false when it was there already. Not part of the id.</summary>
    public bool Changed { get; init; }

    /// <summary>The environments that run it, as far as they could be asked. Filled by <c>Get-Release</c>; not part of the id.</summary>
    public IReadOnlyList<string> RunsOn { get; init => field = value.ToArray(); } = [];

    /// <summary>
    /// What is known of it, by the ledgers of the environments that could be asked, oldest first. Filled by <c>Get-Release</c>; not part of the id.
    /// </summary>
    public IReadOnlyList<Evidence> Evidence { get; init => field = value.ToArray(); } = [];

    /// <summary>The stored copy of the migrations.</summary>
    public string MigrationsFolder => System.IO.Path.Combine(Path, "migrations");

    /// <summary>The stored copy of a function: its files lie below it at their <see cref="ReleaseFile.Path"/>.</summary>
    public string FunctionFolder(string slug) => System.IO.Path.Combine(Path, "functions", slug);

    /// <summary>The stored copy of the web bundle.</summary>
    public string WebFolder => WebEnvironment is null ? System.IO.Path.Combine(Path, "web") : System.IO.Path.Combine(Path, "webs", WebEnvironment);

    /// <summary>The environment whose bundle <see cref="Web"/> is; null when it is that of all.</summary>
    internal string? WebEnvironment { get; init; }

    /// <summary>True when the release has what <paramref name="environment"/> is to serve, be it nothing.</summary>
    public bool IsFor(string environment) => Webs is null || Webs.Bundles.ContainsKey(environment);

    /// <summary>The same release as one environment gets it: with its web bundle.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseNotForEnvironment"/>: it has bundles of other environments only.</exception>
    public Release For(string environment)
    {
        if (Webs is null)
        {
            return this;
        }

        return Webs.Bundles.TryGetValue(environment, out ReleaseBundle? bundle)
            ? this with { Web = bundle, WebEnvironment = environment }
            : throw new DeployException(
                ErrorTable.ReleaseNotForEnvironment,
                $"Release '{this}' has no web bundle for '{environment}', only for {string.Join(", ", Webs.Bundles.Keys.Order(StringComparer.Ordinal).Select(name => $"'{name}'"))}.",
                $"Make one that has them all: {string.Join(", ", Webs.Bundles.Keys.Append(environment).Order(StringComparer.Ordinal).Select(name => $"'{name}'"))} | Build-FlutterApp | New-Release",
                this);
    }

    /// <inheritdoc/>
    public override string ToString() => ShortId;
}

/// <summary>One migration in a release.</summary>
/// <param name="Version">The digits before the first underscore, as text.</param>
/// <param name="Name">What follows the underscore, without <c>.sql</c>.</param>
/// <param name="FileName">The file's name.</param>
/// <param name="Sha256">SHA-256 of the file, lower-case hexadecimal.</param>
/// <param name="DownSha256">SHA-256 of <c>down/&lt;version&gt;_&lt;name&gt;.sql</c>; null when there is none.</param>
public sealed record ReleaseMigration(string Version, string Name, string FileName, string Sha256, string? DownSha256);

/// <summary>A folder of files in a release.</summary>
/// <param name="Digest">SHA-256 over the sorted list of paths and digests.</param>
/// <param name="Files">Every file.</param>
public sealed record ReleaseBundle(string Digest, IReadOnlyList<ReleaseFile> Files);

/// <summary>One file of a bundle.</summary>
/// <param name="Path">Relative path with forward slashes.</param>
/// <param name="Sha256">SHA-256, lower-case hexadecimal.</param>
/// <param name="Size">Size in bytes.</param>
public sealed record ReleaseFile(string Path, string Sha256, long Size);
