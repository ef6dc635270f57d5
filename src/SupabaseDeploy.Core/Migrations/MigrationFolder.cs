using System.Text.RegularExpressions;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>The files of a migrations folder, by the Supabase CLI's rules.</summary>
public static partial class MigrationFolder
{
    /// <summary>Finds the migrations of <paramref name="path"/> (not recursive), in the ordinal order of their versions.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="sink">Told of <c>.sql</c> files whose names are not those of migrations; they are skipped.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.MigrationsFolderNotFound"/> or <see cref="ErrorTable.DuplicateMigrationVersion"/>.</exception>
    public static IReadOnlyList<MigrationFile> Read(string path, IProgressSink sink)
    {
        if (!Directory.Exists(path))
        {
            throw new DeployException(
                ErrorTable.MigrationsFolderNotFound,
                $"Migrations folder '{path}' does not exist.",
                "Create a first migration with 'New-Migration <name>', or name the right folder with -Path or -Project.",
                path);
        }

        var files = new List<MigrationFile>();
        foreach (string file in Directory.EnumerateFiles(path, "*.sql").Order(StringComparer.Ordinal))
        {
            if (TryParse(file) is { } migration)
            {
                files.Add(migration);
            }
            else
            {
                sink.Publish(new Notice($"Skipped '{Path.GetFileName(file)}': a migration is named '<version>_<name>.sql', with a version of digits."));
            }
        }

        files.Sort((left, right) => string.CompareOrdinal(left.Version, right.Version));
        RefuseDuplicates(files);
        return files;
    }

    private static MigrationFile? TryParse(string path)
    {
        Match match = FileNamePattern().Match(Path.GetFileName(path));
        if (!match.Success)
        {
            return null;
        }

        string down = Path.Combine(Path.GetDirectoryName(path)!, "down", Path.GetFileName(path));
        return new MigrationFile(match.Groups[1].Value, match.Groups[2].Value, path, File.Exists(down) ? down : null);
    }

    private static void RefuseDuplicates(List<MigrationFile> sorted)
    {
        foreach ((MigrationFile first, MigrationFile second) in sorted.Zip(sorted.Skip(1)))
        {
            if (first.Version == second.Version)
            {
                throw new DeployException(
                    ErrorTable.DuplicateMigrationVersion,
                    $"Version '{first.Version}' is used by two files: '{first.FileName}' and '{second.FileName}'.",
                    "Let 'Repair-Migration' give the one that is not applied a version of its own, or rename it.",
                    second);
            }
        }
    }

    [GeneratedRegex(@"\A([0-9]+)_(.*)\.sql\z", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex FileNamePattern();
}
