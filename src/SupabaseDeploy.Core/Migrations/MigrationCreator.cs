using System.Globalization;
using System.Numerics;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>Creates migration files with the names that the Supabase CLI gives, but for spaces, which become underscores.</summary>
/// <param name="time">The clock; the system's when null.</param>
public sealed class MigrationCreator(TimeProvider? time = null)
{
    private const string VersionFormat = "yyyyMMddHHmmss";

    private static readonly char[] s_refusedCharacters = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>The file that <see cref="CreateAsync"/> would create now.</summary>
    /// <param name="folder">The migrations folder; it need not exist.</param>
    /// <param name="name">What it is for; spaces become underscores.</param>
    /// <param name="withDown">Whether a down script is created too.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.InvalidMigrationName"/>.</exception>
    public MigrationFile Plan(string folder, string name, bool withDown)
    {
        string fileName = $"{NextVersion(folder)}_{Checked(name)}.sql";
        string version = fileName[..fileName.IndexOf('_', StringComparison.Ordinal)];
        return new MigrationFile(
            version,
            fileName[(version.Length + 1)..^".sql".Length],
            Path.Combine(folder, fileName),
            withDown ? Path.Combine(folder, "down", fileName) : null);
    }

    /// <summary>Writes the planned file, and its down script where it has one.</summary>
    public static async Task CreateAsync(MigrationFile file, CancellationToken cancellationToken)
    {
        if (file.DownPath is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file.DownPath)!);
            await AtomicFile.WriteAllTextAsync(
                file.DownPath,
                $"""
                -- Takes back what {file.FileName} does. Runs in one transaction with the removal of its row in the history.

                """,
                cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(file.Path)!);
        await AtomicFile.WriteAllTextAsync(
            file.Path,
            $"""
            -- {file.Name}
            -- Runs in one transaction with its row in the history. Once it is applied anywhere, change it with a new migration.

            """,
            cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The time now, or the next version after the newest file when the clock (or that file's author) is wrong.</summary>
    private string NextVersion(string folder)
    {
        string now = _time.GetUtcNow().UtcDateTime.ToString(VersionFormat, CultureInfo.InvariantCulture);
        string? newest = Directory.Exists(folder) ? MigrationFolder.ReadWithDuplicates(folder, NullProgressSink.Instance).LastOrDefault()?.Version : null;
        return string.CompareOrdinal(now, newest) > 0 ? now : After(newest!);
    }

    /// <summary>The next version after <paramref name="version"/> in the order of texts.</summary>
    internal static string After(string version)
    {
        if (DateTime.TryParseExact(version, VersionFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime last))
        {
            return last.AddSeconds(1).ToString(VersionFormat, CultureInfo.InvariantCulture);
        }

        // Order is by text: '10' would run before '9', '91' runs after it.
        string next = (BigInteger.Parse(version, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture).PadLeft(version.Length, '0');
        return next.Length == version.Length ? next : version + "1";
    }

    private static string Checked(string name)
    {
        string trimmed = string.Join('_', name.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        string? problem = trimmed switch
        {
            "" => "it is empty",
            _ when trimmed.AsSpan().IndexOfAny(s_refusedCharacters) >= 0 || trimmed.Any(char.IsControl) => "it holds a character that file names cannot have everywhere",
            _ when trimmed.Length > 200 => "it is longer than 200 characters",
            _ => null,
        };
        return problem is null
            ? trimmed
            : throw new DeployException(ErrorTable.InvalidMigrationName, $"'{name}' cannot be a migration's name: {problem}.", "Give a name like 'add_grades'.", name);
    }
}
