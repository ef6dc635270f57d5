using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Postgres;

[Collection(ServerRoles.Collection)]
public sealed class BootstrapTests
{
    private const string UserId = "11111111-1111-1111-1111-111111111111";

    [Fact]
    public async Task Running_it_again_changes_nothing()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        string before = await CatalogAsync(database);

        await using (NpgsqlConnection superuser = await database.Administration.OpenAsync(CancellationToken.None))
        {
            await Bootstrap.ApplyAsync(superuser, CancellationToken.None);
            await Bootstrap.ApplyAsync(superuser, CancellationToken.None);
        }

        Assert.NotEmpty(before);
        Assert.Equal(before, await CatalogAsync(database));
    }

    [Fact]
    public async Task Two_databases_of_one_server_can_be_prepared_at_once()
    {
        await using TestDatabase first = await TestDatabase.CreateAsync();
        await using TestDatabase second = await TestDatabase.CreateAsync();
        await using NpgsqlConnection one = await first.Administration.OpenAsync(CancellationToken.None);
        await using NpgsqlConnection two = await second.Administration.OpenAsync(CancellationToken.None);

        await Task.WhenAll(Bootstrap.ApplyAsync(one, CancellationToken.None), Bootstrap.ApplyAsync(two, CancellationToken.None));
    }

    [Fact]
    public async Task Another_role_than_supabase_admin_is_refused_and_told_why()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        await using NpgsqlConnection postgres = await database.Application.OpenAsync(CancellationToken.None);

        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => Bootstrap.ApplyAsync(postgres, CancellationToken.None));

        Assert.Equal(ErrorTable.BootstrapFailed, failure.Code);
        Assert.StartsWith($"Cannot prepare database '{database.Application.Database}': script '010_roles.sql' failed: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Statements_of_real_migrations_apply_as_postgres()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();

        await database.ExecuteAsync(
            """
            create extension if not exists citext with schema extensions;
            create extension if not exists pg_trgm;
            create extension if not exists "uuid-ossp";
            create extension if not exists pgcrypto with schema extensions;

            create table public.profiles (
                id uuid primary key references auth.users (id) on delete cascade,
                handle citext unique,
                token uuid default uuid_generate_v4(),
                salt text default gen_salt('bf'),
                created_at timestamptz default now()
            );
            create index on public.profiles using gin (handle gin_trgm_ops);
            alter table public.profiles enable row level security;
            create policy "Own profile" on public.profiles for select to authenticated using ((select auth.uid()) = id);

            create function public.handle_new_user() returns trigger language plpgsql security definer set search_path = '' as $$
            begin
                insert into public.profiles (id, handle) values (new.id, new.raw_user_meta_data ->> 'handle');
                return new;
            end
            $$;
            create trigger on_auth_user_created after insert on auth.users for each row execute function public.handle_new_user();
            create policy "Service reads users" on auth.users for select to service_role using (true);

            insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true);
            create policy "Anyone sees avatars" on storage.objects for select using (bucket_id = 'avatars');
            create policy "Own folder" on storage.objects for insert to authenticated
                with check ((storage.foldername(name))[1] = auth.uid()::text and storage.extension(name) = 'png');
            create policy "Rooms" on realtime.messages for select to authenticated using (realtime.topic() like 'room:%');

            alter publication supabase_realtime add table public.profiles;
            grant usage on schema public to anon, authenticated;
            grant select on public.profiles to anon;
            alter default privileges in schema public revoke execute on functions from public;
            alter default privileges in schema public grant select on tables to anon;
            create role app_admin nologin;
            grant app_admin to authenticator;
            grant authenticated to app_admin;
            drop role app_admin;
            set session_replication_role = replica;
            set session_replication_role = origin;
            create schema private;
            comment on schema public is 'The application';
            """);
    }

    [Fact]
    public async Task Parameters_of_the_api_can_be_set_on_its_roles_by_postgres()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();

        // Roles belong to the shared server: nothing of this may stay.
        await database.ExecuteAsync(
            """
            begin;
            alter role authenticator set pgrst.db_pre_request = 'public.check_request';
            alter role anon set statement_timeout = '5s';
            rollback;
            """);
    }

    [Fact]
    public async Task A_signed_in_user_is_the_one_of_the_token()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        await using NpgsqlConnection connection = await database.Application.OpenAsync(CancellationToken.None);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(
            $$"""
            set local role authenticated;
            set local request.jwt.claims = '{"sub": "{{UserId}}", "role": "authenticated", "email": "a@example.org"}';
            select format('%s %s %s %s', auth.uid(), auth.role(), auth.email(), auth.jwt() ->> 'sub');
            """,
            connection,
            transaction);

        Assert.Equal($"{UserId} authenticated a@example.org {UserId}", await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_client_role_sees_no_users_and_no_secrets()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();

        foreach (string table in (string[])["auth.users", "auth.refresh_tokens", "vault.secrets", "vault.decrypted_secrets"])
        {
            PostgresException refused = await Assert.ThrowsAsync<PostgresException>(
                () => database.ExecuteAsync($"set role authenticated; select * from {table}"));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
    }

    [Fact]
    public async Task A_changed_row_is_broadcast_to_its_topic()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(
            """
            create table public.notes (id int primary key, body text);
            create function public.tell() returns trigger language plpgsql security definer as $$
            begin
                perform realtime.broadcast_changes('note:' || new.id, tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
                return null;
            end
            $$;
            create trigger tell after insert on public.notes for each row execute function public.tell();
            insert into public.notes values (7, 'hello');
            """);

        Assert.Equal(
            "note:7 INSERT broadcast hello",
            await database.ScalarAsync<string>("select format('%s %s %s %s', topic, event, extension, payload #>> '{record,body}') from realtime.messages"));
    }

    [Fact]
    public async Task A_webhook_without_pg_net_saves_the_row_and_says_that_nothing_was_sent()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(
            """
            create table public.orders (id int primary key);
            create trigger order_hook after insert on public.orders for each row
                execute function supabase_functions.http_request('http://127.0.0.1:1/hook', 'POST', '{}', '{}', '1000');
            """);
        var notices = new List<string>();
        await using NpgsqlConnection connection = await database.Application.OpenAsync(CancellationToken.None);
        connection.Notice += (_, told) => notices.Add(told.Notice.MessageText);

        await using (var insert = new NpgsqlCommand("insert into public.orders values (1)", connection))
        {
            Assert.Equal(1, await insert.ExecuteNonQueryAsync());
        }

        Assert.Equal(["webhook order_hook was not sent: pg_net is not installed here"], notices);
    }

    [Fact]
    public async Task A_secret_is_found_by_its_name()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();

        await database.ExecuteAsync("select vault.create_secret('first', 'key', 'a key'); select vault.update_secret(id, 'second') from vault.secrets where name = 'key'");

        Assert.Equal("second", await database.ScalarAsync<string>("select decrypted_secret from vault.decrypted_secrets where name = 'key'"));
    }

    [Theory]
    [InlineData("folder/sub/cat.tar.gz", "{folder,sub} cat.tar.gz gz")]
    [InlineData("cat.png", "{} cat.png png")]
    public async Task Storage_paths_are_taken_apart(string name, string expected)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();

        Assert.Equal(expected, await database.ScalarAsync<string>($"select format('%s %s %s', storage.foldername('{name}'), storage.filename('{name}'), storage.extension('{name}'))"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task New_tables_in_public_are_granted_to_the_api_roles_as_told(bool grants)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        await using (NpgsqlConnection superuser = await database.Administration.OpenAsync(CancellationToken.None))
        {
            await Bootstrap.ApplyAsync(superuser, CancellationToken.None, grants);
        }

        await database.ExecuteAsync("create table public.things (id int)");

        Assert.Equal(grants, await database.ScalarAsync<bool>("select has_table_privilege('anon', 'public.things', 'select, insert, update, delete')"));
    }

    [Fact]
    public async Task A_database_from_a_template_gets_its_owner_and_search_path()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();

        Assert.Equal(
            "postgres \"$user\", public, extensions",
            await database.ScalarAsync<string>(
                "select format('%s %s', datdba::regrole, (select replace(unnest(setconfig), 'search_path=', '') from pg_db_role_setting where setdatabase = pg_database.oid and setrole = 0)) from pg_database where datname = current_database()"));
    }

    /// <summary>Everything the bootstrap makes, as the catalogs describe it.</summary>
    private static Task<string> CatalogAsync(TestDatabase database) => database.ScalarAsync<string>(
        """
        select pg_catalog.string_agg(line, E'\n' order by line) from (
            select format('role %s %s', rolname, to_jsonb(pg_roles) - 'oid' - 'rolvaliduntil') from pg_roles
            union all select format('member %s %s %s', roleid::regrole, member::regrole, admin_option) from pg_auth_members
            union all select format('setting %s %s %s', setdatabase, setrole::regrole, setconfig) from pg_db_role_setting
                where setdatabase in (0, (select oid from pg_database where datname = current_database()))
            union all select format('parameter %s %s', parname, paracl) from pg_parameter_acl
            union all select format('schema %s %s %s', nspname, nspowner::regrole, nspacl) from pg_namespace where nspname !~ '^pg_'
            union all select format('relation %s %s %s %s %s', oid::regclass, relkind, relowner::regrole, relacl, relrowsecurity) from pg_class where relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
            union all select format('column %s %s %s %s', attrelid::regclass, attname, atttypid::regtype, attnotnull) from pg_attribute
                join pg_class on attrelid = pg_class.oid where attnum > 0 and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
            union all select format('constraint %s %s', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint
            union all select format('routine %s %s %s %s', oid::regprocedure, proowner::regrole, proacl, prosrc) from pg_proc where pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
            union all select format('trigger %s', pg_get_triggerdef(oid)) from pg_trigger where not tgisinternal
            union all select format('default %s %s %s %s', defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype, defaclacl) from pg_default_acl
            union all select format('extension %s %s %s', extname, extversion, extnamespace::regnamespace) from pg_extension
            union all select format('publication %s %s', pubname, pubowner::regrole) from pg_publication
            union all select format('database %s %s', datdba::regrole, datacl) from pg_database where datname = current_database()
        ) as catalog(line)
        """);
}
