using System.Security.Cryptography;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>A file of data for development, run after the migrations.</summary>
/// <param name="Name">How the CLI records it: with forward slashes, relative to the project unless the configuration names it absolutely.</param>
/// <param name="Path">Absolute path.</param>
/// <param name="Hash">SHA-256 of its bytes, lower-case hexadecimal.</param>
public sealed record SeedFile(string Name, string Path, string Hash)
{
    /// <summary>
    /// The project's seeds in order: <c>[db.seed] sql_paths</c> of <c>supabase/config.toml</c> where the file exists, else
    /// <c>supabase/seed.sql</c>, else <c>seed.sql</c> in the project's folder.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="sink">Warned of paths that match nothing.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.InvalidSupabaseConfiguration"/>.</exception>
    public static async Task<IReadOnlyList<SeedFile>> FindAsync(ProjectFolder project, IProgressSink sink, CancellationToken cancellationToken)
    {
        var seeds = new List<SeedFile>();
        foreach (string name in await NamesAsync(project, sink, cancellationToken).ConfigureAwait(false))
        {
            string path = System.IO.Path.Combine(project.Root, name);
            byte[] content = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
            seeds.Add(new SeedFile(name, path, Convert.ToHexStringLower(SHA256.HashData(content))));
        }

        return seeds;
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(ProjectFolder project, IProgressSink sink, CancellationToken cancellationToken)
    {
        string configuration = System.IO.Path.Combine(project.Root, "supabase", "config.toml");
        if (!File.Exists(configuration))
        {
            string[] usual = ["supabase/seed.sql", "seed.sql"];
            return [.. usual.Where(name => File.Exists(System.IO.Path.Combine(project.Root, name))).Take(1)];
        }

        var settings = SeedSettings.Parse(configuration, await File.ReadAllTextAsync(configuration, cancellationToken).ConfigureAwait(false));
        var pattern = new SeedPattern(project.Root);
        return settings.IsEnabled ? [.. settings.Paths.SelectMany(path => Found(pattern, settings, path, sink)).Distinct()] : [];
    }

    private static IReadOnlyList<string> Found(SeedPattern pattern, SeedSettings settings, string path, IProgressSink sink)
    {
        IReadOnlyList<string>? found = pattern.Find(SeedPattern.Normalize(path));
        if (found is null)
        {
            sink.Publish(new Caution($"Seed '{path}' of [db.seed] sql_paths in 'supabase/config.toml' is not a pattern: a bracket or a backslash is not complete."));
        }
        else if (found.Count == 0 && !settings.Paths.SequenceEqual(SeedSettings.Default.Paths))
        {
            // Not of the one that every new project names: many never write it.
            sink.Publish(new Caution($"Seed '{path}' of [db.seed] sql_paths in 'supabase/config.toml' matches no file. Paths are relative to the folder 'supabase'."));
        }

        return found ?? [];
    }
}
