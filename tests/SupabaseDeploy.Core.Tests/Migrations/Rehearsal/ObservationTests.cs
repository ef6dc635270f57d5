using System.Text;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class ObservationTests : RehearsalTest
{
    private static readonly string[] s_statements =
    [
        "alter table messages add check (amount > 0)",
        "alter table messages add constraint positive check (amount > 0) not valid; alter table messages validate constraint positive",
        "alter table messages alter amount set not null",
        "alter table messages add constraint there check (amount is not null); alter table messages alter amount set not null",
        "alter table messages add foreign key (user_id) references users",
        "alter table messages alter amount type bigint",
        "alter table messages alter kind type varchar(20)",
        "alter table messages add archived boolean not null default false",
        "alter table messages add token uuid default gen_random_uuid()",
        "alter table messages add number int generated always as identity",
        "create index on messages (amount)",
        "alter table messages add unique (amount)",
        "create index concurrently messages_amount on messages (amount)",
        "drop index concurrently messages_kind",
        "reindex index concurrently messages_kind",
        "vacuum messages",
        "vacuum full messages",
        "cluster messages using messages_kind",
        "analyze messages",
        "drop table messages cascade",
        "alter table messages drop column body cascade",
        "drop view latest",
        "truncate messages",
        "update messages set amount = 1",
        "update messages set amount = 1 where id = 5",
        "delete from messages where amount < 0",
        "insert into messages (id) values (1)",
        "lock table messages; select 1",
        "create policy own on messages using (true)",
        "alter table messages enable row level security; alter table messages force row level security",
        "revoke all on messages from anon; grant select, insert on messages to anon with grant option",
        "grant update (amount) on messages to authenticator",
        "alter default privileges in schema public revoke select on tables from anon",
        "create function f() returns int language sql as 'select 1'; revoke execute on function f() from public",
        "do $$ begin execute 'alter table messages alter amount type bigint'; execute 'create policy p on messages using (true)'; end $$",
        "create trigger t before insert on messages for each row execute function suppress_redundant_updates_trigger()",
        "alter table messages rename to notes; alter table notes alter amount set not null",
        "create table more (id int references users)",
        "create table fresh (id int); alter table fresh add n int; create policy p on fresh using (true); drop table fresh",
        "create materialized view totals as select count(*) from messages",
        "set client_min_messages = error; set session_replication_role = replica; alter table messages drop column kind",
        "set search_path = ''; set role anon; reset role; alter table public.messages alter amount type bigint",
        "alter default privileges revoke execute on functions from public",
        "create function \"f\"() returns int language sql as 'select 1'; grant all on function \"public\".\"f\"() to \"anon\"; grant select on all tables in schema public to authenticator",
        "create policy \"own\" on \"public\".\"messages\" using (true); alter policy own on messages rename to mine; drop policy mine on messages",
    ];

    [Fact]
    public async Task Looking_at_the_policies_of_a_database_takes_no_lock_that_is_then_seen()
    {
        await using RehearsalSession session = await OpenSessionAsync();
        await session.ExecuteAsync("create policy own on messages using (exists (select from users where users.id = user_id))", CancellationToken.None);

        FileObservation file = await ObserveAsync(session, "grant select on all tables in schema public to anon; grant select on messages to anon; create table more (id int)");

        Assert.All(file.Statements, statement => Assert.Empty(statement.Locks));
    }

    /// <summary>What PostgreSQL really does for each kind of statement: <c>statements.approved.txt</c>.</summary>
    [Fact]
    public async Task Every_kind_of_statement_is_seen_with_its_locks_its_work_what_it_drops_and_whom_it_lets_in()
    {
        var seen = new StringBuilder();
        await using RehearsalSession session = await OpenSessionAsync();
        foreach (string sql in s_statements)
        {
            await ResetAsync(session);
            FileObservation file = await ObserveAsync(session, sql);
            Assert.Null(file.Failure?.Message);
            seen.Append("# ").Append(sql).Append('\n');
            foreach (StatementObservation statement in file.Statements)
            {
                seen.Append(Describe(statement)).Append('\n');
            }
        }

        // To approve a change, copy this file over the approved one.
        string received = Path.Combine(Path.GetTempPath(), "statements.received.txt");
        await File.WriteAllTextAsync(received, seen.ToString(), CancellationToken.None);
        string approved = Path.Combine(Repository.Root, "tests/SupabaseDeploy.Core.Tests/Migrations/Rehearsal/statements.approved.txt");
        Assert.Equal(await File.ReadAllTextAsync(approved, CancellationToken.None), seen.ToString());
    }

    [Fact]
    public async Task Locks_are_held_to_the_end_of_their_transaction_and_not_longer()
    {
        await using RehearsalSession session = await OpenSessionAsync();

        FileObservation file = await ObserveAsync(session, "begin; alter table users add age int; select pg_sleep(0.2); alter table users add size int; commit; set lock_timeout = '1s'");

        Assert.Equal(["alter table users add age int", "select pg_sleep(0.2)", "alter table users add size int", "set lock_timeout = '1s'"], file.Statements.Select(statement => statement.Statement.Text.Trim()));
        Assert.Equal([1, 1, 1, 0], file.Statements.Select(statement => statement.Transaction));
        ObservedLock held = Assert.Single(file.Statements.SelectMany(statement => statement.Locks));
        Assert.Equal("ACCESS EXCLUSIVE on public.users", held.ToString());
        Assert.True(held.HeldFor > file.Statements[0].Duration + TimeSpan.FromSeconds(0.19));
    }

    [Fact]
    public async Task What_stands_around_a_file_s_own_transactions_has_transactions_too()
    {
        await using RehearsalSession session = await OpenSessionAsync();

        FileObservation file = await ObserveAsync(session, "select 1; select 2; begin; select 3; commit; begin; select 4; commit; vacuum users; select 5; select 6;");

        Assert.Null(file.Failure?.Message);
        Assert.Equal([1, 1, 2, 3, 0, 4, 4], file.Statements.Select(statement => statement.Transaction));
    }

    [Fact]
    public async Task A_file_without_a_transaction_has_one_for_each_statement_that_can()
    {
        await using RehearsalSession session = await OpenSessionAsync();

        FileObservation file = await ObserveAsync(
            session,
            """
            -- pg-delta: transaction=false
            alter table messages add seen boolean;
            create index concurrently messages_seen on messages (seen);
            do $$ begin commit; alter table users add age int; commit; end $$;
            """);

        Assert.Null(file.Failure?.Message);
        Assert.Equal([1, 0, 0], file.Statements.Select(statement => statement.Transaction));
        Assert.Equal(
            ["ACCESS EXCLUSIVE on public.messages", "SHARE UPDATE EXCLUSIVE on public.messages\nIndexBuild public.messages", "ACCESS EXCLUSIVE on public.users"],
            file.Statements.Select(Describe));
    }

    [Fact]
    public async Task A_failure_has_file_line_and_caret_and_leaves_the_database_as_it_was()
    {
        await using RehearsalSession session = await OpenSessionAsync();

        FileObservation file = await ObserveAsync(session, "alter table users add age int;\nselect 'é', nothing from users;\nselect 1");

        Assert.Equal("alter table users add age int", Assert.Single(file.Statements).Statement.Text);
        Assert.Equal(2, file.Failed!.Line);
        Assert.StartsWith("'9_file under test.sql' failed at line 2, column 13: column \"nothing\" does not exist (SQLSTATE 42703)\n  2 | select 'é', nothing from users", file.Failure!.Message, StringComparison.Ordinal);
        Assert.Empty(await QueryAsync("select attname::text from pg_attribute where attrelid = 'users'::regclass and attname = 'age'"));
        Assert.Null((await ObserveAsync(session, "alter table users add age int")).Failure);
    }

    [Fact]
    public async Task What_fails_at_commit_fails_the_file()
    {
        await using RehearsalSession session = await OpenSessionAsync();

        FileObservation file = await ObserveAsync(
            session, "alter table messages add foreign key (user_id) references users deferrable initially deferred; insert into messages (id, user_id) values (1, 7);");

        Assert.Equal(2, file.Statements.Count);
        Assert.Null(file.Failed);
        Assert.StartsWith("'9_file under test.sql' failed when it was committed: insert or update on table \"messages\"", file.Failure!.Message, StringComparison.Ordinal);
    }
}
