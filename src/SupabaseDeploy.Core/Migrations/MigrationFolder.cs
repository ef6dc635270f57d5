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
        IReadOnlyList<MigrationFile> files = ReadWithDuplicates(path, sink);
        RefuseDuplicates(files);
        return files;
    }

    /// <summary>The same, with all files of a version that several have.</summary>
    internal static IReadOnlyList<MigrationFile> ReadWithDuplicates(string path, IProgressSink sink)
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
        var first = new Lazy<string?>(() => Directory.EnumerateFileSystemEntries(path).Min(StringComparer.Ordinal));
        foreach (string file in Directory.EnumerateFiles(path, "*.sql").Order(StringComparer.Ordinal))
        {
            if (IsDumpOfOldCli(file) && file == first.Value)
            {
                sink.Publish(new Caution(
                    $"Skipped '{Path.GetFileName(file)}', as the Supabase CLI does: before December 2021 it kept a dump of the database under such a name. Give it another name than 'init' to apply it."));
            }
            else if (TryParse(file) is { } migration)
            {
                files.Add(migration);
            }
            else
            {
                sink.Publish(new Notice($"Skipped '{Path.GetFileName(file)}': a migration is named '<version>_<name>.sql', with a version of digits."));
            }
        }

        return [.. files.OrderBy(file => file.Version, StringComparer.Ordinal)];
    }

    /// <summary>The migration that a path names; null when it names none.</summary>
    internal static MigrationFile? TryParse(string path)
    {
        Match match = FileNamePattern().Match(Path.GetFileName(path));
        if (!match.Success)
        {
            return null;
        }

        string down = Path.Combine(Path.GetDirectoryName(path)!, "down", Path.GetFileName(path));
        return new MigrationFile(match.Groups[1].Value, match.Groups[2].Value, path, File.Exists(down) ? down : null);
    }

    // The CLI looks only at the first entry of the folder, whatever that is.
    private static bool IsDumpOfOldCli(string path) =>
        DumpPattern().Match(Path.GetFileName(path)) is { Success: true } match && string.CompareOrdinal(match.Groups[1].Value, "20211209000000") < 0;

    private static void RefuseDuplicates(IReadOnlyList<MigrationFile> sorted)
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

    [GeneratedRegex(@"([0-9]{14})_init\.sql", RegexOptions.CultureInvariant)]
    private static partial Regex DumpPattern();

    [GeneratedRegex(@"\A([0-9]+)_([^\n\r\u2028\u2029]*)\.sql\z", RegexOptions.CultureInvariant)]
    private static partial Regex FileNamePattern();
}
