using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.ReferenceApplication;

/// <summary>Asks the catalog what a reviewer would look for in every migration.</summary>
public sealed class CourseCatalogTests(CourseDatabase database) : IClassFixture<CourseDatabase>
{
    [Theory]
    [InlineData("a table without row-level security or without a policy", """
        select c.relname from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
          and (not c.relrowsecurity or not exists (select from pg_policy p where p.polrelid = c.oid))
        """)]
    [InlineData("a foreign key without an index that starts with its columns", """
        select k.conrelid::regclass || ' ' || k.conname from pg_constraint k
        where k.contype = 'f' and k.connamespace = 'public'::regnamespace
          and not exists (
            select from pg_index i
            where i.indrelid = k.conrelid and i.indpred is null
              and (select array_agg(column_number order by column_number) from unnest((i.indkey::int2[])[0:cardinality(k.conkey) - 1]) as column_number)
                = (select array_agg(column_number order by column_number) from unnest(k.conkey) as column_number))
        """)]
    [InlineData("a column that a policy reads and no index helps to find", """
        select p.polname || ': ' || d.refobjid::regclass || '.' || a.attname
        from pg_policy p
        join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0
        join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
        where not exists (
            select from pg_index i
            where i.indrelid = d.refobjid and a.attnum = any (i.indkey)
              and exists (select from pg_depend lead
                          where lead.classid = d.classid and lead.objid = d.objid and lead.refobjid = i.indrelid and lead.refobjsubid = i.indkey[0]))
        """)]
    [InlineData("a policy that asks who the caller is once a row", """
        select polname from pg_policy
        where coalesce(pg_get_expr(polqual, polrelid), '') || coalesce(pg_get_expr(polwithcheck, polrelid), '') ~ '(?<!SELECT )auth\.uid\(\)'
        """)]
    [InlineData("a policy for everybody", "select polname from pg_policy where polroles <> array['authenticated'::regrole::oid]")]
    [InlineData("a function with its owner's rights and the caller's search path", """
        select oid::regprocedure from pg_proc
        where pronamespace in ('public'::regnamespace, 'private'::regnamespace) and prosecdef
          and not coalesce('search_path=""' = any (proconfig), false)
        """)]
    [InlineData("a right that anon has on a table, a sequence or a function", """
        select c.relname from pg_class c
        where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'S') and c.relacl::text ~ '[{,](anon)?='
        union all
        select p.proname from pg_proc p
        where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace) and has_function_privilege('anon', p.oid, 'execute')
        """)]
    public async Task There_is_never(string what, string sql)
    {
        await using NpgsqlConnection connection = await database.OpenAsync();
        List<string> found = await connection.ColumnAsync(sql);
        Assert.True(found.Count == 0, $"There is {what}: {string.Join(", ", found)}");
    }

    [Fact]
    public async Task The_down_scripts_leave_nothing_and_everything_can_be_applied_again()
    {
        // What the runner and its lock keep for themselves is not the application's.
        const string Objects = """
            select 'schema ' || nspname from pg_namespace where nspname !~ '^(pg_(toast_)?temp|supabase_migrations$|supabase_deploy$)'
            union all select 'relation ' || oid::regclass from pg_class where relnamespace::regnamespace::text in ('public', 'private')
            union all select 'routine ' || oid::regprocedure from pg_proc where pronamespace::regnamespace::text in ('public', 'private')
            union all select 'type ' || oid::regtype from pg_type where typnamespace::regnamespace::text in ('public', 'private')
            union all select 'trigger ' || tgname from pg_trigger where not tgisinternal
            union all select 'policy ' || polname from pg_policy
            order by 1
            """;
        await using TestDatabase empty = await TestDatabase.CreateAsync();
        await using NpgsqlConnection connection = await empty.Application.OpenAsync(CancellationToken.None);
        List<string> before = await connection.ColumnAsync(Objects);
        DeploymentEnvironment environment = DeploymentEnvironment.ForDatabase(empty.Application, Repository.Root);
        var request = new MigrationRequest { Environment = environment, Database = empty.Application, Folder = environment.MigrationsFolder, IncludeSeed = true };
        var runner = new MigrationRunner();

        MigrationRun first = await runner.ApplyAsync(request, NullProgressSink.Instance, CancellationToken.None);
        List<string> applied = await connection.ColumnAsync(Objects);
        MigrationRun undone = await runner.UndoAsync(request, [.. first.Applied.Select(migration => migration.Version)], NullProgressSink.Instance, CancellationToken.None);
        List<string> after = await connection.ColumnAsync(Objects);
        MigrationRun second = await runner.ApplyAsync(request, NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal(CourseDatabase.Migrations.Length, first.Applied.Count);
        Assert.Equal(["supabase/seed.sql"], first.Seeds);
        Assert.Equal(0, undone.Total);
        Assert.Equal(before, after);
        Assert.Equal(first.Total, second.Total);
        Assert.Equal(applied, await connection.ColumnAsync(Objects));
    }
}
