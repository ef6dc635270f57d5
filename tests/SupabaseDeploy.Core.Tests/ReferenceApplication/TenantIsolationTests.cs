using Npgsql;

namespace SupabaseDeploy.Core.Tests.ReferenceApplication;

/// <summary>Signs in as every member of both tenants and tries every table, in every way there is.</summary>
public sealed class TenantIsolationTests(CourseDatabase database) : IClassFixture<CourseDatabase>
{
    private const string Alpine = "22222222-0000-4000-8000-00000000a000";
    private const string Baltic = "22222222-0000-4000-8000-00000000b000";
    private const string InsufficientPrivilege = "42501";

    private static readonly string[] s_tables =
        ["assignments", "chat_messages", "chat_rooms", "courses", "enrolments", "grades", "lessons", "members", "submissions", "tenants", "videos"];

    private static readonly (string User, string Tenant, string Other)[] s_members =
    [
        ("11111111-0000-4000-8000-00000000a001", Alpine, Baltic),
        ("11111111-0000-4000-8000-00000000a002", Alpine, Baltic),
        ("11111111-0000-4000-8000-00000000a003", Alpine, Baltic),
        ("11111111-0000-4000-8000-00000000a004", Alpine, Baltic),
        ("11111111-0000-4000-8000-00000000b001", Baltic, Alpine),
        ("11111111-0000-4000-8000-00000000b002", Baltic, Alpine),
        ("11111111-0000-4000-8000-00000000b003", Baltic, Alpine),
    ];

    public static MatrixTheoryData<string, string> EveryTableAndMember => new(s_tables, s_members.Select(member => member.User));

    public static TheoryData<string> EveryTable => [.. s_tables];

    [Fact]
    public async Task The_tables_under_test_are_all_there_are()
    {
        await using NpgsqlConnection connection = await database.OpenAsync();
        Assert.Equal(s_tables, await connection.ColumnAsync("select tablename from pg_tables where schemaname = 'public' order by 1"));
        Assert.Equal(
            s_members.Select(member => $"{member.User} {member.Tenant}"),
            await connection.ColumnAsync("select user_id || ' ' || tenant_id from public.members order by 1"));
    }

    [Theory]
    [MemberData(nameof(EveryTableAndMember))]
    public async Task A_member_does_not_see_the_other_tenants_rows(string table, string user)
    {
        await using NpgsqlConnection connection = await database.OpenAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        Assert.NotEqual(["0"], await connection.ColumnAsync($"select count(*) from public.{table} where {Key(table)} = '{OtherOf(user)}'"));

        await connection.SignInAsync(user);

        Assert.Equal(["0"], await connection.ColumnAsync($"select count(*) from public.{table} where {Key(table)} = '{OtherOf(user)}'"));
        Assert.Equal(["0"], await connection.ColumnAsync($"select count(*) from public.{table} where {Key(table)} <> '{TenantOf(user)}'"));
    }

    [Theory]
    [MemberData(nameof(EveryTableAndMember))]
    public async Task A_member_cannot_change_or_delete_the_other_tenants_rows(string table, string user)
    {
        await using NpgsqlConnection connection = await database.OpenAsync();
        Assert.Equal(0, await AttemptAsync(connection, user, $"update public.{table} set {Key(table)} = {Key(table)} where {Key(table)} = '{OtherOf(user)}'"));
        Assert.Equal(0, await AttemptAsync(connection, user, $"delete from public.{table} where {Key(table)} = '{OtherOf(user)}'"));
        // Without a condition PostgreSQL does not ask the policies for reading, only those for writing.
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        string count = $"select count(*) from public.{table} where {Key(table)} = '{OtherOf(user)}'";
        List<string> before = await connection.ColumnAsync(count);
        await transaction.SaveAsync("attempt");
        await connection.SignInAsync(user);
        await IgnoreRefusalAsync(connection, $"delete from public.{table}", () => transaction.RollbackAsync("attempt"));
        await connection.ExecuteAsync("reset role");
        Assert.Equal(before, await connection.ColumnAsync(count));
    }

    [Theory]
    [MemberData(nameof(EveryTableAndMember))]
    public async Task A_member_cannot_insert_a_row_of_the_other_tenant(string table, string user)
    {
        await using NpgsqlConnection connection = await database.OpenAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        // A row that was there a moment ago: nothing but the policies can be what refuses it.
        string row = (await connection.ColumnAsync($"select to_jsonb(t) from public.{table} t where {Key(table)} = '{OtherOf(user)}' limit 1"))[0];
        await connection.ExecuteAsync($"set local session_replication_role = replica; delete from public.{table} t where to_jsonb(t) = '{row.Replace("'", "''", StringComparison.Ordinal)}'; set local session_replication_role = origin");
        await connection.SignInAsync(user);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => InsertAsync(connection, table, row));
        Assert.Equal(InsufficientPrivilege, refused.SqlState);
    }

    [Theory]
    [MemberData(nameof(EveryTable))]
    public async Task An_owner_cannot_move_rows_into_the_other_tenant(string table)
    {
        foreach ((string user, string tenant, string other) in s_members.Where(member => member.User.EndsWith("001", StringComparison.Ordinal)))
        {
            await using NpgsqlConnection connection = await database.OpenAsync();
            int moved = await AttemptAsync(connection, user, $"update public.{table} set {Key(table)} = '{other}' where {Key(table)} = '{tenant}'");
            Assert.Equal(0, moved);
        }
    }

    [Theory]
    [MemberData(nameof(EveryTable))]
    public async Task An_owner_sees_every_row_of_the_own_tenant(string table)
    {
        await using NpgsqlConnection connection = await database.OpenAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        string count = $"select count(*) from public.{table} where {Key(table)} = '{Alpine}'";
        List<string> all = await connection.ColumnAsync(count);

        await connection.SignInAsync(s_members[0].User);

        Assert.Equal(all, await connection.ColumnAsync($"select count(*) from public.{table}"));
    }

    [Theory]
    [MemberData(nameof(EveryTable))]
    public async Task Who_is_not_signed_in_may_not_even_ask(string table)
    {
        await using NpgsqlConnection connection = await database.OpenAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("set local role anon");

        var refused = await Assert.ThrowsAsync<PostgresException>(() => connection.ColumnAsync($"select count(*) from public.{table}"));
        Assert.Equal(InsufficientPrivilege, refused.SqlState);
    }

    private static string Key(string table) => table == "tenants" ? "id" : "tenant_id";

    private static string TenantOf(string user) => s_members.Single(member => member.User == user).Tenant;

    private static string OtherOf(string user) => s_members.Single(member => member.User == user).Other;

    private static Task<int> InsertAsync(NpgsqlConnection connection, string table, string row) =>
        connection.ExecuteAsync(
            $"insert into public.{table} {(table == "chat_messages" ? "overriding system value " : "")}select * from jsonb_populate_record(null::public.{table}, $1::jsonb)", row);

    /// <summary>How many rows the member changed: 0 also when it was refused outright.</summary>
    private static async Task<int> AttemptAsync(NpgsqlConnection connection, string user, string sql)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await connection.SignInAsync(user);
        int changed = 0;
        await IgnoreRefusalAsync(async () => changed = await connection.ExecuteAsync(sql), () => Task.CompletedTask);
        return changed;
    }

    private static Task IgnoreRefusalAsync(NpgsqlConnection connection, string sql, Func<Task> whenRefused) =>
        IgnoreRefusalAsync(() => connection.ExecuteAsync(sql), whenRefused);

    private static async Task IgnoreRefusalAsync(Func<Task> attempt, Func<Task> whenRefused)
    {
        try
        {
            await attempt();
        }
        catch (PostgresException e) when (e.SqlState == InsufficientPrivilege)
        {
            await whenRefused();
        }
    }
}
