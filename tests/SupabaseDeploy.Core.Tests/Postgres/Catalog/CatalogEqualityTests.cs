using Npgsql;
using SupabaseDeploy.Backups;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Postgres.Catalog;

public sealed class CatalogEqualityTests
{
    private const string Sample =
        """
        create schema app;
        create type app.mood as enum ('sad', 'ok');
        alter type app.mood add value 'blue' before 'ok';
        create table app.team (id uuid primary key default gen_random_uuid(), name varchar(30) collate "C" not null unique, tags text[] default '{}');
        create table app.person (
            id bigint generated always as identity, team uuid references app.team on delete cascade deferrable, mood app.mood not null default 'ok',
            name text check (name <> ''), upper text generated always as (upper(name)) stored, exclude using gist (int8range(id, id, '[]') with &&));
        create table app.log (id bigint, at date not null, note text, primary key (id, at)) partition by range (at);
        create table app.log_2026 partition of app.log for values from ('2026-01-01') to ('2027-01-01');
        create index on app.log (note) where note is not null;
        create unlogged table app.cache (key text primary key, value jsonb) with (fillfactor = 50);
        create table app.base (created_at timestamptz default now() not null);
        create table app.child (x serial, "Odd ""name"" " text) inherits (app.base);
        create view app.moods with (security_invoker = true) as select p.name, t.name as team from app.person p left join app.team t on t.id = p.team where p.mood > 'sad';
        create materialized view app.counts as select mood, count(*) from app.person group by 1;
        create unique index on app.counts (mood);
        create function app.greet(whom text default 'you', variadic rest integer[] default '{}') returns text language plpgsql security definer set search_path = '' as $$ begin return 'hi ' || whom; end $$;
        create function app.one() returns integer language sql immutable return 1;
        create aggregate app.longest(text) (sfunc = textcat, stype = text, initcond = '');
        create procedure app.nothing(inout a integer) language plpgsql as 'begin end';
        create function app.touch() returns trigger language plpgsql as 'begin return new; end';
        create trigger touch before insert or update of name on app.person for each row when (new.name is not null) execute function app.touch();
        create trigger note after insert on app.log for each row execute function app.touch();
        alter table app.person disable trigger touch;
        alter table app.person enable row level security, force row level security;
        create policy mine on app.person as restrictive for update to authenticated, anon using (name = (select auth.uid())::text) with check (true);
        create policy own on storage.objects for select to authenticated using (bucket_id = 'app');
        create trigger on_user after insert on auth.users for each row execute function app.touch();
        create statistics app.st (dependencies) on name, mood from app.person;
        create domain app.email as citext not null default 'a@b' check (value ~ '@') constraint short check (length(value) < 99);
        create type app.pair as (a app.email, b numeric(9, 2));
        create rule quiet as on delete to app.team do also notify gone;
        alter publication supabase_realtime add table app.team, app.person (id, name) where (name is not null);
        grant select, update (name) on app.person to authenticated with grant option;
        grant usage on schema app to anon, authenticated;
        grant usage, select on sequence app.child_x_seq to service_role;
        revoke execute on function app.greet from public;
        alter default privileges in schema app grant select on tables to anon;
        alter default privileges revoke execute on functions from public;
        alter table app.team replica identity full;
        comment on table app.person is 'It''s people';
        comment on column app.person.name is 'Name';
        comment on constraint person_name_check on app.person is 'Not empty';
        comment on policy mine on app.person is 'Mine';
        comment on schema app is 'App';
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_template_copy_and_a_restored_dump_are_equal_to_the_database()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        await ExecuteAsync(database.Application, "create extension citext schema extensions;" + Sample);
        DatabaseCatalog original = await ReadAsync(database.Administration);
        DatabaseAddress copy = database.Administration with { Database = database.Administration.Database + "_copy" };
        DatabaseAddress restored = database.Administration with { Database = database.Administration.Database + "_restored" };
        DatabaseAddress maintenance = database.Administration with { Database = "_supabase_deploy" };
        using var folder = new TemporaryFolder();
        try
        {
            await ExecuteAsync(maintenance, $"create database {copy.Database} template {database.Application.Database}");
            await ExecuteAsync(maintenance, $"create database {restored.Database} template template0");
            string dump = Path.Combine(folder.Path, "dump");
            await database.RunAsync("pg_dump", ["--format=custom", $"--file={dump}", $"--dbname={DumpCommands.Url(database.Administration)}"]);
            await database.RunAsync("pg_restore", ["--exit-on-error", $"--dbname={DumpCommands.Url(restored)}", dump]);

            AssertEqual(original, await ReadAsync(copy));
            AssertEqual(original, await ReadAsync(restored));
        }
        finally
        {
            await ExecuteAsync(maintenance, $"drop database if exists {copy.Database} with (force)");
            await ExecuteAsync(maintenance, $"drop database if exists {restored.Database} with (force)");
        }
    }

    [Fact]
    public async Task Databases_that_came_to_the_same_in_different_ways_are_equal()
    {
        await using TestDatabase first = await TestDatabase.CreateAsync();
        await using TestDatabase second = await TestDatabase.CreateAsync();
        await first.ExecuteAsync(
            """
            create type mood as enum ('sad', 'glad');
            create table team (id bigint primary key, name text not null);
            create table person (id bigint primary key, team bigint references team, mood mood);
            create index person_team on person (team);
            grant select on team to anon; grant insert on team to anon;
            """);
        await second.ExecuteAsync(
            """
            create table early (x int);
            create table person (gone int, id bigint, old_team text, team bigint);
            create table people_of_team (id bigint, name text);
            drop table early;
            alter table people_of_team rename to team;
            alter table team add constraint team_pkey primary key (id), alter column name set not null;
            alter table person drop column gone, drop column old_team;
            create type mood as enum ('glad');
            alter type mood add value 'sad' before 'glad';
            """);
        await second.ExecuteAsync(
            """
            alter table person add column mood mood;
            alter table person add primary key (id), add foreign key (team) references team;
            create index person_team on person (team);
            revoke all on team from anon; grant all on team to anon;
            """);

        AssertEqual(await ReadAsync(first.Application), await ReadAsync(second.Application));
    }

    [Fact]
    public async Task The_order_of_columns_is_a_difference_of_its_own_only_among_the_columns_that_both_have()
    {
        await using TestDatabase first = await TestDatabase.CreateAsync();
        await using TestDatabase second = await TestDatabase.CreateAsync();
        await first.ExecuteAsync("create table inserted (a int, x int, b int); create table swapped (a int, b int)");
        await second.ExecuteAsync("create table inserted (a int, b int); create table swapped (b int, a int)");

        IReadOnlyList<CatalogDifference> differences = DatabaseCatalog.Compare(await ReadAsync(first.Application), await ReadAsync(second.Application));

        Assert.Equal(["High column public.inserted.x", "Low column order public.swapped"], differences.Select(each => $"{each.Severity} {each}"));
    }

    [Fact]
    public async Task A_table_that_one_side_lacks_is_one_difference_with_all_that_belongs_to_it()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        DatabaseCatalog before = await ReadAsync(database.Application);
        await database.ExecuteAsync("create table notes (id int primary key); alter table notes enable row level security; create policy p on notes using (true)");

        CatalogDifference difference = Assert.Single(DatabaseCatalog.Compare(await ReadAsync(database.Application), before));

        Assert.Null(difference.Right);
        Assert.Equal(
            """
            table
              column public.notes.id: integer not null
              constraint public.notes.notes_pkey: PRIMARY KEY (id)
              row security public.notes: enabled
              policy public.notes.p: permissive for all
                to public
                using (true)
              privilege table public.notes to anon: ALL
              privilege table public.notes to authenticated: ALL
              privilege table public.notes to service_role: ALL
              owner table public.notes: postgres
            """,
            difference.Left);
    }

    [Fact]
    public async Task No_secret_of_a_foreign_server_is_read()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        await ExecuteAsync(
            database.Administration,
            """
            create foreign data wrapper far options (api_key 'hidden');
            create server there foreign data wrapper far options (host 'shown', password 'hidden', service_key 'hidden');
            create user mapping for postgres server there options (password 'hidden');
            create foreign table distant (id int) server there options (access_token 'hidden', name 'shown');
            """);

        DatabaseCatalog catalog = await ReadAsync(database.Administration);

        Assert.DoesNotContain(catalog.Objects, each => each.Definition.Contains("hidden", StringComparison.Ordinal));
        Assert.Equal(2, catalog.Objects.Count(each => each.Definition.Contains("shown", StringComparison.Ordinal)));
    }

    private static void AssertEqual(DatabaseCatalog expected, DatabaseCatalog actual)
    {
        Assert.Empty(DatabaseCatalog.Compare(expected, actual).Select(each => $"{each}: {each.Left} <> {each.Right}"));
        Assert.Equal(expected.Fingerprint, actual.Fingerprint);
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
