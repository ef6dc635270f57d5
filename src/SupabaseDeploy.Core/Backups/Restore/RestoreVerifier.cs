using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>Compares a restored database with the manifest of its backup. The same for a drill and for a restore.</summary>
internal static class RestoreVerifier
{
    private const string NobodyInParticular = """{"sub":"00000000-0000-0000-0000-000000000000","role":"authenticated"}""";

    /// <summary>Every check with its verdict; all are made, also after one failed.</summary>
    /// <param name="database">The restored database as a role that may read everything.</param>
    /// <param name="manifest">What must be there.</param>
    /// <param name="report">Told after each table: how many of how many are counted.</param>
    /// <param name="cancellationToken">Stops between and inside checks.</param>
    public static async Task<IReadOnlyList<DrillCheck>> VerifyAsync(
        DatabaseAddress database, BackupManifest manifest, Action<int, int>? report, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await database.OpenAsync(cancellationToken, "supabase-deploy verification").ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var catalog = new DatabaseContents(connection);
            await catalog.ExecuteAsync("set statement_timeout = 0; set row_security = off", cancellationToken).ConfigureAwait(false);
            return
            [
                Rows(manifest.Tables, await catalog.CountRowsAsync(report, cancellationToken).ConfigureAwait(false)),
                LargeObjects(manifest.LargeObjects, await catalog.CountLargeObjectsAsync(cancellationToken).ConfigureAwait(false)),
                Migrations(manifest.Migrations, await catalog.ReadMigrationsAsync(cancellationToken).ConfigureAwait(false)),
                Constraints(manifest.NotValidConstraints, await catalog.ReadNotValidConstraintsAsync(cancellationToken).ConfigureAwait(false)),
                Indexes(await catalog.ReadInvalidIndexesAsync(cancellationToken).ConfigureAwait(false)),
                Roles(manifest.Roles, await catalog.ReadRolesAsync(cancellationToken).ConfigureAwait(false)),
                await RowSecurityAsync(catalog, cancellationToken).ConfigureAwait(false),
            ];
        }
    }

    internal static DrillCheck Rows(IReadOnlyList<TableRows> expected, IReadOnlyList<TableRows> actual)
    {
        Dictionary<string, long> found = actual.ToDictionary(table => table.ToString(), table => table.Rows);
        string[] wrong =
        [
            .. expected.Where(table => !found.TryGetValue(table.ToString(), out long rows) || rows != table.Rows)
                .Select(table => $"'{table}' has {(found.TryGetValue(table.ToString(), out long rows) ? rows : "no table")} instead of {table.Rows}"),
            .. found.Keys.Except(expected.Select(table => table.ToString())).Select(name => $"'{name}' was not in the backup"),
        ];
        return Verdict("rows", wrong, $"{expected.Sum(table => table.Rows)} rows in {expected.Count} tables, as at the backup");
    }

    internal static DrillCheck Migrations(IReadOnlyList<string> expected, IReadOnlyList<string> actual) => Verdict(
        "migrations",
        expected.SequenceEqual(actual, StringComparer.Ordinal)
            ? []
            : [.. expected.Except(actual).Select(version => $"'{version}' is missing"), .. actual.Except(expected).Select(version => $"'{version}' was added")],
        expected.Count == 0 ? "no migration history, as at the backup" : $"{expected.Count} migrations up to {expected[^1]}");

    internal static DrillCheck Constraints(IReadOnlyList<string> notValidBefore, IReadOnlyList<string> notValid) => Verdict(
        "constraints",
        [.. notValid.Except(notValidBefore).Select(name => $"'{name}' is not valid")],
        notValidBefore.Count == 0 ? "all are valid" : $"all are valid, but for the {notValidBefore.Count} that were not valid at the backup");

    private static DrillCheck LargeObjects(long expected, long actual) =>
        Verdict("large objects", expected == actual ? [] : [$"{actual} instead of {expected}"], $"{expected}");

    private static DrillCheck Indexes(IReadOnlyList<string> invalid) =>
        Verdict("indexes", [.. invalid.Select(name => $"'{name}' is not valid")], "all are valid");

    private static DrillCheck Roles(IReadOnlyList<string> expected, IReadOnlyList<string> actual) =>
        Verdict("roles", [.. expected.Except(actual).Select(name => $"'{name}' is missing")], $"{expected.Count} roles");

    /// <summary>Reads as a signed-in person would: a policy that calls what is not there fails only when it is used.</summary>
    private static async Task<DrillCheck> RowSecurityAsync(DatabaseContents catalog, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> tables = await catalog.ReadProtectedTablesAsync(cancellationToken).ConfigureAwait(false);
        var wrong = new List<string>();
        foreach (string table in tables)
        {
            try
            {
                await catalog.ExecuteAsync(
                    $"""
                    begin read only;
                    set local row_security = on;
                    set local role authenticated;
                    select set_config('request.jwt.claims', {DatabaseContents.Literal(NobodyInParticular)}, true);
                    select 1 from {table} limit 1;
                    rollback
                    """,
                    cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e)
            {
                await catalog.ExecuteAsync("rollback", cancellationToken).ConfigureAwait(false);
                wrong.Add($"{table} cannot be read as 'authenticated': {e.MessageText}");
            }
        }

        return Verdict("row security", wrong, $"{tables.Count} protected tables can be read as 'authenticated'");
    }

    private static DrillCheck Verdict(string name, IReadOnlyList<string> wrong, string right) =>
        wrong.Count == 0
            ? new DrillCheck(name, true, right)
            : new DrillCheck(name, false, string.Join("; ", wrong.Take(5)) + (wrong.Count > 5 ? $"; and {wrong.Count - 5} more" : ""));
}
