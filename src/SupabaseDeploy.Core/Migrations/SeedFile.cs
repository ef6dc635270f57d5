using System.Security.Cryptography;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using Tomlyn;
using Tomlyn.Model;

namespace SupabaseDeploy.Migrations;

/// <summary>A file of data for development, run after the migrations.</summary>
/// <param name="Name">Its path relative to the project, with forward slashes: how the CLI records it.</param>
/// <param name="Path">Absolute path.</param>
/// <param name="Hash">SHA-256, lower-case hexadecimal.</param>
public sealed record SeedFile(string Name, string Path, string Hash)
{
    /// <summary>
    /// The project's seeds in order: <c>[db.seed] sql_paths</c> of <c>supabase/config.toml</c> where the file exists, else
    /// <c>supabase/seed.sql</c>, else <c>seed.sql</c> in the project's folder.
    /// </summary>
    /// <exception cref="DeployException">The configuration cannot be read, or names a file that does not exist.</exception>
    public static async Task<IReadOnlyList<SeedFile>> FindAsync(ProjectFolder project, CancellationToken cancellationToken)
    {
        var seeds = new List<SeedFile>();
        foreach (string path in await PathsAsync(project, cancellationToken).ConfigureAwait(false))
        {
            byte[] content = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
            string name = System.IO.Path.GetRelativePath(project.Root, path).Replace('\\', '/');
            seeds.Add(new SeedFile(name, path, Convert.ToHexStringLower(SHA256.HashData(content))));
        }

        return seeds;
    }

    private static async Task<IReadOnlyList<string>> PathsAsync(ProjectFolder project, CancellationToken cancellationToken)
    {
        string supabase = System.IO.Path.Combine(project.Root, "supabase");
        string configuration = System.IO.Path.Combine(supabase, "config.toml");
        if (File.Exists(configuration))
        {
            return Configured(supabase, Parse(configuration, await File.ReadAllTextAsync(configuration, cancellationToken).ConfigureAwait(false)));
        }

        string[] usual = [System.IO.Path.Combine(supabase, "seed.sql"), System.IO.Path.Combine(project.Root, "seed.sql")];
        return [.. usual.Where(File.Exists).Take(1)];
    }

    private static TomlTable Parse(string path, string text)
    {
        try
        {
            return TomlSerializer.Deserialize<TomlTable>(text) ?? [];
        }
        catch (TomlException e)
        {
            throw new DeployException(
                ErrorTable.InvalidSupabaseConfiguration, $"'{path}' cannot be read: {e.Message}", "Correct the file.", path, e);
        }
    }

    private static IReadOnlyList<string> Configured(string supabase, TomlTable configuration)
    {
        TomlTable? seed = configuration.TryGetValue("db", out object? db) && db is TomlTable table && table.TryGetValue("seed", out object? value)
            ? value as TomlTable
            : null;
        if (seed is null)
        {
            string usual = System.IO.Path.Combine(supabase, "seed.sql");
            return File.Exists(usual) ? [usual] : [];
        }

        if (seed.TryGetValue("enabled", out object? enabled) && enabled is false)
        {
            return [];
        }

        IEnumerable<string> patterns = seed.TryGetValue("sql_paths", out object? paths) && paths is TomlArray array ? array.OfType<string>() : ["./seed.sql"];
        return [.. patterns.SelectMany(pattern => Match(supabase, pattern)).Distinct()];
    }

    private static IEnumerable<string> Match(string supabase, string pattern)
    {
        string full = System.IO.Path.GetFullPath(System.IO.Path.Combine(supabase, pattern));
        if (!pattern.AsSpan().ContainsAny("*?["))
        {
            return File.Exists(full) ? [full] : throw NotFound(pattern);
        }

        string folder = System.IO.Path.GetDirectoryName(full)!;
        string[] found = Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, System.IO.Path.GetFileName(full)).Order(StringComparer.Ordinal)]
            : [];
        return found.Length > 0 ? found : throw NotFound(pattern);
    }

    private static DeployException NotFound(string pattern) => new(
        ErrorTable.SeedNotFound,
        $"Seed '{pattern}' of [db.seed] sql_paths in 'supabase/config.toml' matches no file.",
        "Correct the path, which is relative to the folder 'supabase', or take it out.",
        pattern);
}
