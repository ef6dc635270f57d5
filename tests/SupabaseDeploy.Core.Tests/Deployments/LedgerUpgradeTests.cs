using SupabaseDeploy.Backups;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class LedgerUpgradeTests
{
    [Fact]
    public async Task A_ledger_of_the_first_version_becomes_what_is_created_now()
    {
        await using TestDatabase old = await TestDatabase.CreateAsync();
        await using TestDatabase created = await TestDatabase.CreateAsync();
        await old.ExecuteAsync(
            $"""
            {BookkeepingSchema.Create}
            create table supabase_deploy.schema_version (version integer primary key, applied_at timestamptz not null default now());
            {await File.ReadAllTextAsync(Path.Combine(Repository.Root, "tests", "SupabaseDeploy.Core.Tests", "Deployments", "first-ledger.sql"))}
            insert into supabase_deploy.schema_version (version) values (1);
            """);

        await MigrateAsync(old);
        await MigrateAsync(created);

        string definition = await DumpAsync(created);
        Assert.Contains("CREATE TABLE supabase_deploy.evidence_head", definition, StringComparison.Ordinal);
        Assert.Equal(definition, await DumpAsync(old));
        const string Versions = "select string_agg(version::text, ' ' order by version) from supabase_deploy.schema_version";
        Assert.Equal(await created.ScalarAsync<string>(Versions), await old.ScalarAsync<string>(Versions));
    }

    private static async Task MigrateAsync(TestDatabase database)
    {
        LedgerSession session = await LedgerSession.OpenForWritingAsync(database.Application, TestContext.Current.CancellationToken);
        await session.DisposeAsync();
    }

    /// <summary>The definition of everything in the schema, with owners and rights. Lines that begin with a backslash hold a random key.</summary>
    private static async Task<string> DumpAsync(TestDatabase database)
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "schema.sql");
        await database.RunAsync("pg_dump", ["--schema-only", "--schema=supabase_deploy", "--no-password", $"--file={file}", $"--dbname={DumpCommands.Url(database.Administration)}"]);
        return string.Join('\n', (await File.ReadAllLinesAsync(file)).Where(line => !line.StartsWith('\\')));
    }
}
