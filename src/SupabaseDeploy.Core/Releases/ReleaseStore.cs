using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Releases;

/// <summary>The releases of one project: <c>.supabase-deploy/releases/&lt;id&gt;/</c>.</summary>
public sealed class ReleaseStore(ProjectFolder project, TimeProvider? time = null)
{
    /// <summary>When the release was made: beside the manifest, because it is not part of the id.</summary>
    internal const string CreatedFileName = "created.json";

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>
    /// Makes a release of what the project holds now. The same content again gives the release that is there already,
    /// with <see cref="Release.Changed"/> false.
    /// </summary>
    /// <exception cref="DeployException">Content that cannot be part of a release, or no web bundle where one is named.</exception>
    public async Task<Release> CreateAsync(ReleaseContent content, IProgressSink sink, CancellationToken cancellationToken)
    {
        using ReleaseDraft draft = Draft(sink);
        if (content.WebFolder is { } folder)
        {
            await draft.AddWebAsync(new WebSource(folder), cancellationToken).ConfigureAwait(false);
        }

        return await draft.FinishAsync(content, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Begins a release whose web bundles are added one after the other.</summary>
    public ReleaseDraft Draft(IProgressSink sink) => new(this, project, _time, sink);

    /// <summary>Every stored release, oldest first.</summary>
    /// <param name="damaged">Told of each that is damaged, which is left out then; null to stop at the first.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseDamaged"/>.</exception>
    public IReadOnlyList<Release> List(Action<DeployException>? damaged = null) =>
        [.. Folders().Select(folder => ReadOrTell(folder, damaged)).OfType<Release>().OrderBy(release => release.CreatedAt).ThenBy(release => release.Id, StringComparer.Ordinal)];

    /// <summary>The release of that id, or the only one whose id begins with it.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseNotFound"/> or <see cref="ErrorTable.ReleaseAmbiguous"/>.</exception>
    public Release Find(string idOrPrefix)
    {
        string prefix = idOrPrefix.Trim().ToLowerInvariant();
        string[] matches = prefix.Length == 0 ? [] : [.. Folders(prefix)];
        return matches switch
        {
            [string only] => Read(only),
            [] => throw new DeployException(
                ErrorTable.ReleaseNotFound,
                $"No release '{idOrPrefix}' is stored in '{project.ReleasesFolder}'.",
                "List the releases with Get-Release, or make one with New-Release.",
                idOrPrefix),
            _ => throw new DeployException(
                ErrorTable.ReleaseAmbiguous,
                $"'{idOrPrefix}' names {matches.Length} releases: {string.Join(", ", matches.Select(folder => Path.GetFileName(folder)[..12]).Order(StringComparer.Ordinal))}.",
                "Give more digits of the id.",
                idOrPrefix),
        };
    }

    /// <summary>The stored release of exactly that id; null when there is none.</summary>
    public Release? FindExactly(string id) =>
        Directory.Exists(FolderOf(id)) ? Read(FolderOf(id)) : null;

    /// <summary>Hashes every file again and compares it with the manifest, and the manifest with the id.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseDamaged"/>, naming the first file that is wrong.</exception>
    public static Task VerifyAsync(Release release, CancellationToken cancellationToken) =>
        ReleaseVerification.VerifyAsync(release, cancellationToken);

    /// <summary>The stored releases whose ids begin with it.</summary>
    internal IReadOnlyList<Release> Matching(string prefix) => [.. Folders(prefix).Select(Read)];

    internal string FolderOf(string id) => Path.Combine(project.ReleasesFolder, id);

    internal static Release Read(string folder)
    {
        string manifest = Path.Combine(folder, ReleaseManifest.FileName);
        if (!File.Exists(manifest))
        {
            throw ReleaseManifest.Damaged(folder, "it has no manifest", null);
        }

        Release release = ReleaseManifest.Read(File.ReadAllBytes(manifest), folder, CreatedAt(folder));
        return release.Id == Path.GetFileName(folder)
            ? release
            : throw ReleaseManifest.Damaged(folder, $"its manifest was changed and is now '{release.Id}'", null);
    }

    internal static string CreatedText(DateTimeOffset createdAt) =>
        JsonSerializer.Serialize(new Dictionary<string, DateTimeOffset> { ["createdAt"] = createdAt }) + "\n";

    private static Release? ReadOrTell(string folder, Action<DeployException>? damaged)
    {
        try
        {
            return Read(folder);
        }
        catch (DeployException e) when (damaged is not null && e.Code == ErrorTable.ReleaseDamaged)
        {
            damaged(e);
            return null;
        }
    }

    private IEnumerable<string> Folders(string prefix) => Folders().Where(folder => Path.GetFileName(folder).StartsWith(prefix, StringComparison.Ordinal));

    private IEnumerable<string> Folders() =>
        Directory.Exists(project.ReleasesFolder)
            ? Directory.EnumerateDirectories(project.ReleasesFolder).Where(folder => Path.GetFileName(folder) is { Length: 64 } name && name.All(char.IsAsciiHexDigitLower))
            : [];

    internal static DateTimeOffset CreatedAt(string folder)
    {
        string path = Path.Combine(folder, CreatedFileName);
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.GetProperty("createdAt").GetDateTimeOffset();
        }
        catch (Exception e) when (e is IOException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw ReleaseManifest.Damaged(folder, $"'{CreatedFileName}' cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>What a release is made of.</summary>
public sealed record ReleaseContent
{
    /// <summary>The application's name.</summary>
    public required string Application { get; init; }

    /// <summary>The folder of the migrations, absolute.</summary>
    public required string MigrationsFolder { get; init; }

    /// <summary>The folder of the built web application that is the same everywhere, absolute; null for none, and for those added by themselves.</summary>
    public string? WebFolder { get; init; }
}
