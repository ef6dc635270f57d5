using System.Text;
using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Releases;

/// <summary>Makes one release: copies into a folder of its own, verifies the copy, and only then gives it its name.</summary>
internal sealed class ReleaseBuilder(ReleaseStore store, ProjectFolder project, TimeProvider time)
{
    private const string Activity = "Make a release";

    public async Task<Release> BuildAsync(ReleaseContent content, IProgressSink sink, CancellationToken cancellationToken)
    {
        IReadOnlyList<MigrationFile> migrations = Directory.Exists(content.MigrationsFolder) ? MigrationFolder.Read(content.MigrationsFolder, sink) : [];
        IReadOnlyList<(string Source, string Path)> web = content.WebFolder is { } folder ? WebBundle.List(folder) : [];
        IReadOnlyList<FunctionSource> functions = new FunctionFolder(project, sink).Read();
        GitWorkTree? git = await GitWorkTree.FindAsync(project.Root, cancellationToken).ConfigureAwait(false);

        using var workshop = ReleaseWorkshop.Open(project.ReleasesFolder);
        sink.Publish(new ActivityProgress(Activity, "Copying migrations", 0, Operation: $"{migrations.Count} files"));
        var release = new Release
        {
            Id = "",
            Application = content.Application,
            GitCommit = git?.Commit,
            IsDirty = git?.IsDirty ?? false,
            CreatedAt = time.GetUtcNow(),
            Migrations = await CopyMigrationsAsync(migrations, workshop.Path, cancellationToken).ConfigureAwait(false),
            Functions = await CopyFunctionsAsync(functions, workshop.Path, sink, cancellationToken).ConfigureAwait(false),
            Web = content.WebFolder is null ? null : await CopyWebAsync(web, content, workshop.Path, sink, cancellationToken).ConfigureAwait(false),
            Path = workshop.Path,
        };

        byte[] manifest = ReleaseManifest.Write(release);
        release = release with { Id = ReleaseManifest.IdOf(manifest) };
        if (store.FindExactly(release.Id) is { } existing)
        {
            sink.Publish(new ActivityCompleted(Activity));
            return existing;
        }

        await WriteAsync(ReleaseManifest.FileName, Encoding.UTF8.GetString(manifest)).ConfigureAwait(false);
        await WriteAsync(ReleaseStore.CreatedFileName, Created(release)).ConfigureAwait(false);
        sink.Publish(new ActivityProgress(Activity, "Verifying the copy", 95));
        await ReleaseVerification.VerifyAsync(release, cancellationToken).ConfigureAwait(false);
        bool isNew = workshop.Finish(store.FolderOf(release.Id));
        sink.Publish(new ActivityCompleted(Activity));
        return ReleaseStore.Read(store.FolderOf(release.Id)) with { Changed = isNew };

        Task WriteAsync(string name, string text) =>
            AtomicFile.WriteAllTextAsync(Path.Combine(workshop.Path, name), text, cancellationToken: cancellationToken);
    }

    private static async Task<IReadOnlyList<ReleaseMigration>> CopyMigrationsAsync(
        IReadOnlyList<MigrationFile> files, string folder, CancellationToken cancellationToken)
    {
        var migrations = new List<ReleaseMigration>(files.Count);
        foreach (MigrationFile file in files)
        {
            (string sha256, _) = await FileDigest.CopyAsync(file.Path, Path.Combine(folder, "migrations", file.FileName), cancellationToken).ConfigureAwait(false);
            string? down = null;
            if (file.DownPath is { } downPath)
            {
                (down, _) = await FileDigest.CopyAsync(downPath, Path.Combine(folder, "migrations", "down", file.FileName), cancellationToken).ConfigureAwait(false);
            }

            migrations.Add(new ReleaseMigration(file.Version, file.Name, file.FileName, sha256, down));
        }

        // An application without migrations still has the folder, so that whoever reads a release finds one shape.
        Directory.CreateDirectory(Path.Combine(folder, "migrations"));
        return migrations;
    }

    private async Task<IReadOnlyList<ReleaseFunction>> CopyFunctionsAsync(
        IReadOnlyList<FunctionSource> sources, string folder, IProgressSink sink, CancellationToken cancellationToken)
    {
        var functions = new List<ReleaseFunction>(sources.Count);
        foreach (FunctionSource source in sources)
        {
            sink.Publish(new ActivityProgress(Activity, "Copying functions", 2, Operation: source.Slug));
            (string Source, string Path)[] files = [.. source.Files.Select(file => (file, PathOf(file)))];
            ReleasePath.EnsureDistinct(files);
            var copied = new List<ReleaseFile>(files.Length);
            foreach ((string file, string path) in files)
            {
                (string sha256, long size) = await FileDigest.CopyAsync(file, Path.Combine(folder, "functions", source.Slug, path), cancellationToken).ConfigureAwait(false);
                copied.Add(new ReleaseFile(path, sha256, size));
            }

            var function = new ReleaseFunction(
                source.Slug, "", source.VerifyJwt, PathOf(source.EntryPoint), source.ImportMap is { } map ? PathOf(map) : null, [.. copied.OrderBy(file => file.Path, StringComparer.Ordinal)])
            {
                StaticFiles = [.. source.StaticFiles.Select(PathOf).Order(StringComparer.Ordinal)],
            };
            functions.Add(function with { Digest = function.ComputeDigest() });
        }

        return functions;

        string PathOf(string file) => ReleasePath.Of(project.Root, file);
    }

    private static async Task<ReleaseBundle> CopyWebAsync(
        IReadOnlyList<(string Source, string Path)> files, ReleaseContent content, string folder, IProgressSink sink, CancellationToken cancellationToken)
    {
        var copied = new List<ReleaseFile>(files.Count);
        foreach ((string source, string path) in files)
        {
            sink.Publish(new ActivityProgress(Activity, "Copying the web bundle", 5 + (90d * copied.Count / files.Count), Operation: path));
            (string sha256, long size) = await FileDigest.CopyAsync(source, Path.Combine(folder, "web", path), cancellationToken).ConfigureAwait(false);
            copied.Add(new ReleaseFile(path, sha256, size));
        }

        string digest = FileDigest.OfFiles(copied);
        return content.WebDigest is null || content.WebDigest == digest ? new ReleaseBundle(digest, copied) : throw new DeployException(
            ErrorTable.ReleaseContentRefused,
            $"The web bundle '{content.WebFolder}' is not what was built any more: its digest was '{content.WebDigest[..12]}' and is '{digest[..12]}'.",
            "Build it again, and make the release before the next build: every environment is built into the same folder.",
            content.WebFolder);
    }

    private static string Created(Release release) =>
        JsonSerializer.Serialize(new Dictionary<string, DateTimeOffset> { ["createdAt"] = release.CreatedAt }) + "\n";
}
