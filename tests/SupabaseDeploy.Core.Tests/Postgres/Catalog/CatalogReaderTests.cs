using Npgsql;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Postgres.Catalog;

public sealed class CatalogReaderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_a_fresh_database_only_what_its_user_may_change_is_told()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();

        DatabaseCatalog catalog = await ReadAsync(database.Application);

        Assert.Equal(
            """
            schema public
            extension "uuid-ossp"
            extension pgcrypto
            privilege schema public to anon
            privilege schema public to authenticated
            privilege schema public to postgres
            privilege schema public to public
            privilege schema public to service_role
            default privilege functions by postgres in public
            default privilege sequences by postgres in public
            default privilege tables by postgres in public
            owner publication supabase_realtime
            owner schema public
            publication supabase_realtime
            comment schema public
            """,
            string.Join('\n', catalog.Objects));
    }

    [Fact]
    public async Task What_users_make_on_the_platforms_tables_is_told_and_what_is_the_platforms_is_not()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        DatabaseCatalog before = await ReadAsync(database.Application);
        await database.ExecuteAsync(
            """
            create function public.handle_new_user() returns trigger language plpgsql as 'begin return new; end';
            create trigger on_new_user after insert on auth.users for each row execute function public.handle_new_user();
            create policy "Own files" on storage.objects for select to authenticated using (owner_id = (select auth.uid())::text);
            create function extensions.mine() returns int language sql return 1;
            """);
        await ExecuteAsync(database.Administration, "grant select (email) on auth.users to anon; create function auth.theirs() returns int language sql return 1");

        IReadOnlyList<CatalogDifference> differences = DatabaseCatalog.Compare(before, await ReadAsync(database.Application));

        Assert.Equal(
            [
                "function extensions.mine()", "function public.handle_new_user()", "trigger auth.users.on_new_user",
                "policy storage.objects.\"Own files\"", "privilege column auth.users.email to anon",
            ],
            differences.Select(difference => difference.ToString()));
    }

    [Fact]
    public async Task The_settings_of_the_callers_transaction_stay_as_they_were()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        await using NpgsqlConnection connection = await database.Application.OpenAsync(Token);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(Token);
        await using (var command = new NpgsqlCommand("create table made_here (id int); set local search_path = public, extensions", connection))
        {
            await command.ExecuteNonQueryAsync(Token);
        }

        DatabaseCatalog catalog = await CatalogReader.ReadAsync(connection, Token);

        Assert.NotNull(catalog.Find(CatalogKind.Table, "public", "made_here"));
        await using var show = new NpgsqlCommand("show search_path", connection);
        Assert.Equal("public, extensions", await show.ExecuteScalarAsync(Token));
    }

    [Fact]
    public async Task The_search_path_and_the_role_that_reads_make_no_difference()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(
            "create schema app; create type app.mood as enum ('sad', 'ok'); create table app.people (mood app.mood default 'ok', check (mood <> 'sad')); "
            + "create view app.happy as select mood from app.people; grant usage on schema app to public");
        string expected = (await ReadAsync(database.Application)).Fingerprint;

        await using NpgsqlConnection connection = await database.Application.OpenAsync(Token);
        await using (var command = new NpgsqlCommand("set search_path = app, public; set role anon", connection))
        {
            await command.ExecuteNonQueryAsync(Token);
        }

        Assert.Equal(expected, (await CatalogReader.ReadAsync(connection, Token)).Fingerprint);
        Assert.Equal(expected, (await ReadAsync(database.Administration)).Fingerprint);
    }

    private static async Task<DatabaseCatalog> ReadAsync(DatabaseAddress address)
    {
        await using NpgsqlConnection connection = await address.OpenAsync(Token);
        return await CatalogReader.ReadAsync(connection, Token);
    }

    private static async Task ExecuteAsync(DatabaseAddress address, string sql)
    {
        await using NpgsqlConnection connection = await address.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }
}
