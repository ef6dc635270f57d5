using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Core.Tests.Migrations;

/// <summary>A database with tables that are there before the file under test.</summary>
public abstract class RehearsalTest : MigrationTest
{
    private const string Tables =
        """
        drop materialized view if exists totals;
        drop view if exists latest;
        drop table if exists users, messages, notes, more cascade;
        drop function if exists f();
        create table users (id int primary key, name text);
        create table messages (
            id int primary key, user_id int, kind varchar(10), body text, amount int, sent timestamptz not null default now());
        create index messages_kind on messages (kind);
        create view latest as select id, body from messages;
        """;

    private protected async Task<RehearsalSession> OpenSessionAsync()
    {
        RehearsalSession session = await RehearsalSession.OpenAsync(Database.Application, Database.Administration, Sink, CancellationToken.None);
        await ResetAsync(session);
        return session;
    }

    /// <summary>Makes the tables again; in the same session, as another one would hand in its statistics later.</summary>
    private protected static async Task ResetAsync(RehearsalSession session)
    {
        await session.ResetAsync(CancellationToken.None);
        await session.ExecuteAsync(Tables, CancellationToken.None);
    }

    /// <summary>Rehearses one file; gives what was seen.</summary>
    private protected async Task<FileObservation> ObserveAsync(RehearsalSession session, string sql)
    {
        string path = Write("9_file under test.sql", sql);
        return await FileRehearsal.RunAsync(
            session, new MigrationFile("9", "file under test", path, null), await SqlScript.ReadMigrationAsync(path, CancellationToken.None), TimeProvider.System, CancellationToken.None);
    }

    /// <summary>What was seen of one statement, a line each.</summary>
    private protected static string Describe(StatementObservation statement) => string.Join(
        '\n',
        [
            .. statement.Locks.Select(taken => taken.ToString()),
            .. statement.Work.Select(work => work.ToString()),
            .. statement.Drops.Select(drop => $"{(drop.IsCascaded ? "cascades to" : "drops")} {drop}{(drop.HoldsData ? " with data" : "")}"),
            .. statement.SecurityChanges,
        ]);
}
