using SupabaseDeploy.Environments;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Releases;

/// <summary>Copies the content of a project into a release's folder, hashing what is written.</summary>
internal sealed class ReleaseCopy(ProjectFolder project, string folder)
{
    public async Task<IReadOnlyList<ReleaseMigration>> MigrationsAsync(IReadOnlyList<MigrationFile> files, CancellationToken cancellationToken)
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

    public async Task<IReadOnlyList<ReleaseFunction>> FunctionsAsync(IReadOnlyList<FunctionSource> sources, CancellationToken cancellationToken)
    {
        var functions = new List<ReleaseFunction>(sources.Count);
        foreach (FunctionSource source in sources)
        {
            functions.Add(await FunctionAsync(source, cancellationToken).ConfigureAwait(false));
        }

        return functions;
    }

    private async Task<ReleaseFunction> FunctionAsync(FunctionSource source, CancellationToken cancellationToken)
    {
        (string Source, string Path)[] files = [.. source.Files.Select(file => (file, PathOf(file)))];
        ReleasePath.EnsureDistinct(files);
        var copied = new List<ReleaseFile>(files.Length);
        foreach ((string file, string path) in files)
        {
            (string sha256, long size) = await FileDigest.CopyAsync(file, Path.Combine(folder, "functions", source.Slug, path), cancellationToken).ConfigureAwait(false);
            copied.Add(new ReleaseFile(path, sha256, size));
        }

        var function = new ReleaseFunction(
            source.Slug,
            Digest: "",
            source.VerifyJwt,
            PathOf(source.EntryPoint),
            source.ImportMap is { } map ? PathOf(map) : null,
            [.. copied.OrderBy(file => file.Path, StringComparer.Ordinal)])
        {
            StaticFiles = [.. source.StaticFiles.Select(PathOf).Order(StringComparer.Ordinal)],
        };
        return function with { Digest = function.ComputeDigest() };
    }

    private string PathOf(string file) => ReleasePath.Of(project.Root, file);
}
