using System.Text;
using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Releases;

/// <summary>
/// A release while it is being made: content is copied into a folder of its own, the copy is verified, and only then has the folder its
/// name. Web bundles are copied when they are added, because the next build goes into the same folder.
/// </summary>
public sealed class ReleaseDraft : IDisposable
{
    private const string Activity = "Make a release";

    private readonly ReleaseStore _store;
    private readonly ProjectFolder _project;
    private readonly TimeProvider _time;
    private readonly IProgressSink _sink;
    private readonly ReleaseWorkshop _workshop;
    private readonly List<(WebSource Source, ReleaseBundle Bundle)> _webs = [];

    internal ReleaseDraft(ReleaseStore store, ProjectFolder project, TimeProvider time, IProgressSink sink)
    {
        _store = store;
        _project = project;
        _time = time;
        _sink = sink;
        _workshop = ReleaseWorkshop.Open(project.ReleasesFolder);
    }

    /// <summary>True when a web bundle was added.</summary>
    public bool HasWeb => _webs.Count > 0;

    /// <summary>Copies a web bundle into the release.</summary>
    /// <exception cref="DeployException">There is no such bundle, it is not what was built, or it does not go with those that were added.</exception>
    public async Task AddWebAsync(WebSource source, CancellationToken cancellationToken)
    {
        EnsureGoesWithOthers(source);
        string folder = source.Environment is { } environment ? Path.Combine("webs", environment) : "web";
        IReadOnlyList<(string Source, string Path)> files = WebBundle.List(source.Folder);
        var copied = new List<ReleaseFile>(files.Count);
        foreach ((string file, string path) in files)
        {
            _sink.Publish(new ActivityProgress(Activity, "Copying the web bundle", 5 + (90d * copied.Count / files.Count), Operation: path));
            (string sha256, long size) = await FileDigest.CopyAsync(file, Path.Combine(_workshop.Path, folder, path), cancellationToken).ConfigureAwait(false);
            copied.Add(new ReleaseFile(path, sha256, size));
        }

        string digest = FileDigest.OfFiles(copied);
        if (source.Digest is { } built && built != digest)
        {
            throw new DeployException(
                ErrorTable.ReleaseContentRefused,
                $"The web bundle '{source.Folder}' is not what was built any more: its digest was '{built[..12]}' and is '{digest[..12]}'.",
                "Build it again, and make the release before the next build: every environment is built into the same folder.",
                source.Folder);
        }

        _webs.Add((source, new ReleaseBundle(digest, copied)));
    }

    /// <summary>Copies everything else, and gives the release its name; the one that is there already where it is the same.</summary>
    /// <exception cref="DeployException">Content that cannot be part of a release.</exception>
    public async Task<Release> FinishAsync(ReleaseContent content, CancellationToken cancellationToken)
    {
        IReadOnlyList<MigrationFile> migrations = Directory.Exists(content.MigrationsFolder) ? MigrationFolder.Read(content.MigrationsFolder, _sink) : [];
        IReadOnlyList<FunctionSource> functions = new FunctionFolder(_project, _sink).Read();
        ConfigurationFiles files = ConfigurationFiles.Read(_project);
        ReleaseConfiguration configuration = DeclaredConfiguration.Read(_project, files);
        GitWorkTree? git = await GitWorkTree.FindAsync(_project.Root, cancellationToken).ConfigureAwait(false);
        EnsureSameCommit(git);
        WarnOfOtherCommits(git);

        _sink.Publish(new ActivityProgress(Activity, "Copying migrations", 0, Operation: $"{migrations.Count} files"));
        var copy = new ReleaseCopy(_project, _workshop.Path);
        var release = new Release
        {
            Id = "",
            Application = content.Application,
            GitCommit = git?.Commit,
            IsDirty = git?.IsDirty == true || _webs.Exists(web => web.Source.IsDirty),
            CreatedAt = _time.GetUtcNow(),
            Migrations = await copy.MigrationsAsync(migrations, cancellationToken).ConfigureAwait(false),
            Functions = await copy.FunctionsAsync(functions, cancellationToken).ConfigureAwait(false),
            Configuration = configuration,
            Images = ComposeImages.Read(_project, files),
            Web = _webs is [{ Source.Environment: null } only] ? only.Bundle : null,
            Webs = Webs(configuration),
            Path = _workshop.Path,
        };
        try
        {
            return await NameAsync(release, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _sink.Publish(new ActivityCompleted(Activity));
        }
    }

    /// <summary>Removes what was copied, unless it became a release.</summary>
    public void Dispose() => _workshop.Dispose();

    private async Task<Release> NameAsync(Release release, CancellationToken cancellationToken)
    {
        byte[] manifest = ReleaseManifest.Write(release);
        release = release with { Id = ReleaseManifest.IdOf(manifest) };
        if (_store.FindExactly(release.Id) is { } existing)
        {
            await ReleaseVerification.VerifyAsync(existing, cancellationToken).ConfigureAwait(false);
            return existing;
        }

        await WriteAsync(ReleaseManifest.FileName, Encoding.UTF8.GetString(manifest)).ConfigureAwait(false);
        await WriteAsync(ReleaseStore.CreatedFileName, ReleaseStore.CreatedText(release.CreatedAt)).ConfigureAwait(false);
        _sink.Publish(new ActivityProgress(Activity, "Verifying the copy", 95));
        await ReleaseVerification.VerifyAsync(release, cancellationToken).ConfigureAwait(false);
        bool isNew = _workshop.Finish(_store.FolderOf(release.Id));
        return ReleaseStore.Read(_store.FolderOf(release.Id)) with { Changed = isNew };

        Task WriteAsync(string name, string text) =>
            AtomicFile.WriteAllTextAsync(Path.Combine(_workshop.Path, name), text, cancellationToken: cancellationToken);
    }

    private ReleaseWebs? Webs(ReleaseConfiguration configuration)
    {
        if (_webs is [] or [{ Source.Environment: null }])
        {
            return null;
        }

        IReadOnlyDictionary<string, string>[] values =
            [.. _webs.Select(web => configuration.Variables.GetValueOrDefault(web.Source.Environment!) ?? new Dictionary<string, string>())];
        return new ReleaseWebs
        {
            GitCommit = _webs.TrueForAll(web => web.Source.GitCommit is not null) ? _webs[0].Source.GitCommit : null,
            Bundles = _webs.ToDictionary(web => web.Source.Environment!, web => web.Bundle),
            Defines = [.. values.SelectMany(each => each.Keys).Distinct().Where(key => values.DistinctBy(each => each.GetValueOrDefault(key)).Count() > 1).Order(StringComparer.Ordinal)],
        };
    }

    private void EnsureGoesWithOthers(WebSource source)
    {
        if (source.Environment is null ? _webs.Count > 0 : _webs.Exists(web => web.Source.Environment is null))
        {
            throw Refused(source, "a release holds one web bundle for all environments, or one for each");
        }

        if (_webs.Exists(web => web.Source.Environment == source.Environment))
        {
            throw Refused(source, $"there is one for '{source.Environment}' already");
        }
    }

    /// <summary>Bundles are one build for several environments only when they come from one commit, and that is the release's.</summary>
    private void EnsureSameCommit(GitWorkTree? git)
    {
        foreach ((WebSource source, _) in _webs)
        {
            if (source.GitCommit is { } built && built != git?.Commit)
            {
                throw Refused(source, $"it was built from commit '{built[..7]}', and the project is at {(git is null ? "none" : $"'{git.Commit[..7]}'")}");
            }
        }
    }

    /// <summary>A folder says nothing of its commit itself; what it was built from is known where we built it, and it may be meant.</summary>
    private void WarnOfOtherCommits(GitWorkTree? git)
    {
        foreach ((WebSource source, ReleaseBundle bundle) in _webs.Where(web => web.Source.GitCommit is null))
        {
            if (git is not null && BundleStamp.Find(_project, bundle.Digest) is { GitCommit: { } built } stamp && (built != git.Commit || (stamp.IsDirty && !git.IsDirty)))
            {
                string origin = built == git.Commit ? $"with changes that commit '{built[..7]}' does not hold" : $"from commit '{built[..7]}', and the release is of '{git.Commit[..7]}'";
                _sink.Publish(new Caution($"The web bundle '{source.Folder}' was built {origin}. Build it again with Build-FlutterApp, unless that is meant."));
            }
        }
    }

    private static DeployException Refused(WebSource source, string why) => new(
        ErrorTable.ReleaseContentRefused,
        $"The web bundle '{source.Folder}'{(source.Environment is { } name ? $" for '{name}'" : "")} cannot be part of this release: {why}.",
        "Build every environment from the commit that is checked out, and give each bundle once.",
        source.Folder);
}
