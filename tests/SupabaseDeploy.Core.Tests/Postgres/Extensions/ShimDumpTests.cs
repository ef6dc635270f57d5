using Npgsql;
using SupabaseDeploy.Backups;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Postgres;

public sealed class ShimDumpTests
{
    [Fact]
    public async Task A_dump_with_shims_is_restored_with_what_they_keep()
    {
        await using TestDatabase source = await TestDatabase.CreateAsync();
        await using TestDatabase target = await TestDatabase.CreateAsync();
        using var folder = new TemporaryFolder();
        await source.ExecuteAsync(
            """
            create extension pg_cron; create extension pg_net; create extension pgmq; create extension pgsodium; create extension vector with schema extensions;
            select cron.schedule('nightly', '0 3 * * *', 'select 1');
            select pgmq.create('jobs'); select pgmq.send('jobs', '{"n": 1}');
            select vault.create_secret('secret', 'name');
            create table documents (embedding vector(2)); insert into documents values ('[1,2]');
            create index on documents using hnsw (embedding vector_l2_ops);
            """);
        string dump = Path.Combine(folder.Path, "dump");
        await source.RunAsync("pg_dump", ["--format=directory", "--jobs=2", "--no-password", $"--file={dump}", $"--dbname={DumpCommands.Url(source.Administration)}"]);
        await EmptyAsync(target);

        await target.RunAsync("pg_restore", DumpCommands.Restore(target.Administration, dump, 2));

        Assert.Equal(
            "nightly jobs 1 secret [1,2] 2",
            await ScalarAsync(
                target,
                """
                select format('%s %s %s %s %s %s', (select jobname from cron.job), (select queue_name from pgmq.list_queues()), (select message ->> 'n' from pgmq.pop('jobs')),
                    (select decrypted_secret from vault.decrypted_secrets), (select embedding from documents), cron.schedule('next', '0 4 * * *', 'select 2'))
                """));
    }

    private static async Task EmptyAsync(TestDatabase database)
    {
        await using NpgsqlConnection connection = await (database.Administration with { Database = "_supabase_deploy" }).OpenAsync(CancellationToken.None);
        foreach (string sql in (string[])[$"drop database {database.Application.Database} with (force)", $"create database {database.Application.Database} template template0"])
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    private static async Task<string> ScalarAsync(TestDatabase database, string sql)
    {
        await using NpgsqlConnection connection = await database.Administration.OpenAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand("set search_path = public, extensions; " + sql, connection);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
