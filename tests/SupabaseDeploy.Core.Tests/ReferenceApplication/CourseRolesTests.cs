using Npgsql;

namespace SupabaseDeploy.Core.Tests.ReferenceApplication;

/// <summary>What owners, teachers and students may do inside their own tenant.</summary>
public sealed class CourseRolesTests(CourseDatabase database) : IClassFixture<CourseDatabase>
{
    private const string Alpine = "22222222-0000-4000-8000-00000000a000";
    private const string Teacher = "11111111-0000-4000-8000-00000000a002";
    private const string Sara = "11111111-0000-4000-8000-00000000a003";
    private const string Stefan = "11111111-0000-4000-8000-00000000a004";
    private const string RopeWork = "33333333-0000-4000-8000-00000000a002";
    private const string CommonRoom = "55555555-0000-4000-8000-00000000a000";
    private const string Assignment = "66666666-0000-4000-8000-00000000a001";
    private const string SubmissionOfStefan = "77777777-0000-4000-8000-00000000a004";

    [Theory]
    [InlineData(Sara, "select count(*) from public.courses", "1")] // not the draft
    [InlineData(Teacher, "select count(*) from public.courses", "2")]
    [InlineData(Sara, "select count(*) from public.lessons", "10")]
    [InlineData(Teacher, "select count(*) from public.lessons", "20")]
    [InlineData(Sara, "select string_agg(content, ',') from public.submissions", "I would have stayed at home.")]
    [InlineData(Sara, "select count(*) from public.grades", "1")]
    [InlineData(Stefan, "select count(*) from public.grades", "0")]
    [InlineData(Teacher, "select count(*) from public.submissions", "2")]
    [InlineData(Sara, "select count(*) from public.members", "4")]
    public async Task Everybody_sees_what_they_should(string user, string sql, string expected)
    {
        await using NpgsqlConnection connection = await database.OpenAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await connection.SignInAsync(user);
        Assert.Equal([expected], await connection.ColumnAsync(sql));
    }

    [Theory]
    [InlineData(Sara, $"insert into public.chat_messages (tenant_id, room_id, author_id, body) values ('{Alpine}', '{CommonRoom}', '{Sara}', 'hello')")]
    [InlineData(Sara, $"update public.submissions set content = 'better' where student_id = '{Sara}'")]
    [InlineData(Teacher, $"insert into public.grades (submission_id, tenant_id, grader_id, points) values ('{SubmissionOfStefan}', '{Alpine}', '{Teacher}', 5)")]
    [InlineData(Teacher, $"update public.courses set published_at = now() where id = '{RopeWork}'")]
    [InlineData(Sara, $"delete from public.members where user_id = '{Sara}'")]
    [InlineData(Sara, "do $$ begin perform public.create_tenant('own', 'My own', 'Sara'); if (select count(*) from public.tenants) <> 2 then raise 'not there'; end if; end $$", -1)]
    public async Task Everybody_can_do_their_work(string user, string sql, int expected = 1)
    {
        await using NpgsqlConnection connection = await database.OpenAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await connection.SignInAsync(user);
        Assert.Equal(expected, await connection.ExecuteAsync(sql));
    }

    [Theory]
    [InlineData(Sara, $"insert into public.chat_messages (tenant_id, room_id, author_id, body) values ('{Alpine}', '{CommonRoom}', '{Stefan}', 'not me')")]
    [InlineData(Sara, $"insert into public.grades (submission_id, tenant_id, grader_id, points) values ('{SubmissionOfStefan}', '{Alpine}', '{Sara}', 10)")]
    [InlineData(Sara, $"insert into public.enrolments (tenant_id, course_id, user_id) values ('{Alpine}', '{RopeWork}', '{Sara}')")]
    [InlineData(Sara, $"insert into public.submissions (tenant_id, assignment_id, student_id) values ('{Alpine}', '{Assignment}', '{Stefan}')")]
    [InlineData(Teacher, $"insert into public.members (tenant_id, user_id, display_name) values ('{Alpine}', '11111111-0000-4000-8000-00000000b003', 'Sami')")]
    public async Task Nobody_can_do_the_work_of_others(string user, string sql)
    {
        await using NpgsqlConnection connection = await database.OpenAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await connection.SignInAsync(user);
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => connection.ExecuteAsync(sql))).SqlState);
    }

    [Fact]
    public async Task A_student_does_not_become_an_owner()
    {
        await using NpgsqlConnection connection = await database.OpenAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await connection.SignInAsync(Sara);
        Assert.Equal(0, await connection.ExecuteAsync($"update public.members set role = 'owner' where user_id = '{Sara}'"));
    }

    [Fact]
    public async Task The_seed_may_run_again()
    {
        await using NpgsqlConnection connection = await database.OpenAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        const string Counts = "select (select count(*) from public.lessons) || ' ' || (select count(*) from public.videos) || ' ' || (select count(*) from public.chat_messages)";
        List<string> before = await connection.ColumnAsync(Counts);
        await connection.ExecuteAsync(await File.ReadAllTextAsync(CourseDatabase.Seed));
        Assert.Equal(before, await connection.ColumnAsync(Counts));
    }
}
