using SupabaseDeploy.Environments;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class DownProverTests : ShadowTest
{
    private const string Start =
        """
        create type mood as enum ('sad', 'happy');
        create table users (
            id uuid primary key, email text not null unique, level int not null check (level between 2 and 4), mood mood not null,
            kind text not null check (kind in ('student', 'teacher')));
        create table notes (
            id bigint generated always as identity primary key, user_id uuid not null references users on delete cascade, title varchar(3) not null, body text);
        create table odd (code text not null check (code ~ '^[A-Z]{3}-[0-9]{3}$'));
        """;

    private ProjectFolder Project => new(Path.GetDirectoryName(MigrationsFolder)!);

    [Fact]
    public async Task Each_down_script_comes_out_as_it_is()
    {
        Write("1_start.sql", Start);
        Write("2_good.sql", "alter table notes add stars int not null default 0; create index notes_user on notes (user_id);");
        WriteDown("2_good.sql", "drop index notes_user; alter table notes drop column stars;");
        Write("3_forgets.sql", "alter table notes add color text; create policy own on notes using (true);");
        WriteDown("3_forgets.sql", "alter table notes drop column color;");
        Write("4_loses.sql", "alter table notes drop column body;");
        WriteDown("4_loses.sql", "alter table notes add column body text;");
        Write("5_missing.sql", "create table later (id int primary key);");
        Write("6_fails.sql", "alter table later add n int;");
        WriteDown("6_fails.sql", "alter table later drop column m;");
        Write("7_refuses_rows.sql", "alter table notes add constraint none check (id < 0);");
        WriteDown("7_refuses_rows.sql", "alter table notes drop constraint none;");

        IReadOnlyList<DownProof> proofs = await ProveAsync("2", "3", "4", "5", "6", "7");

        Assert.Equal(
            [DownOutcome.Proven, DownOutcome.Differs, DownOutcome.LosesData, DownOutcome.Missing, DownOutcome.Failed, DownOutcome.Proven],
            proofs.Select(proof => proof.Outcome));
        Assert.Equal("'down/2_good.sql' takes '2_good.sql' back, and it can be applied again.", proofs[0].Message);
        Assert.Equal(["index public.notes_user", "table column public.notes.stars"], proofs[0].Drops.Select(drop => drop.ToString()));
        Assert.Equal([null, "public.notes"], proofs[0].Drops.Select(drop => drop.Relation));
        Assert.Equal(["public.odd"], proofs[0].WithoutRows);
        Assert.Contains("own", Assert.Single(proofs[1].Differences), StringComparison.Ordinal);
        Assert.EndsWith("is there after it", proofs[1].Differences[0], StringComparison.Ordinal);
        Assert.Equal(["values of public.notes.body are gone"], proofs[2].LostData);
        Assert.Equal("'5_missing.sql' has no down script: only a backup takes it back.", proofs[3].Message);
        Assert.Equal(
            "'down/6_fails.sql' does not take '6_fails.sql' back: '6_fails.sql' failed at line 1, column 1: column \"m\" of relation \"later\" does not exist (SQLSTATE 42703)",
            proofs[4].Message);
        Assert.StartsWith("every table, because the migration refuses the rows that were made up", Assert.Single(proofs[5].WithoutRows), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Folders.Shadows));
    }

    [Fact]
    public async Task A_proof_is_kept_until_one_of_the_files_it_speaks_for_changes()
    {
        Write("1_start.sql", Start);
        Write("2_good.sql", "alter table notes add stars int;");
        WriteDown("2_good.sql", "alter table notes drop column stars;");
        Assert.Null(await FindAsync("2"));

        DownProof proof = Assert.Single(await ProveAsync("2"));

        Assert.Equivalent(proof, await FindAsync("2"), strict: true);
        Assert.Equivalent(proof, Assert.Single(await ProveAsync("2")), strict: true);
        WriteDown("2_good.sql", "alter table notes drop column stars; -- edited");
        Assert.Null(await FindAsync("2"));
        WriteDown("2_good.sql", "alter table notes drop column stars;");
        Assert.NotNull(await FindAsync("2"));
        Write("1_start.sql", Start + "select 1;");
        Assert.Null(await FindAsync("2"));
    }

    private void WriteDown(string name, string sql) => Write(Path.Combine("down", name), sql);

    private Task<IReadOnlyList<DownProof>> ProveAsync(params string[] versions) =>
        new DownProver(Shadows).ProveAsync(Files, versions, Project, Sink, CancellationToken.None);

    private Task<DownProof?> FindAsync(string version) =>
        DownProofs.FindAsync(Project, Files, Files.Single(file => file.Version == version), CancellationToken.None);
}
