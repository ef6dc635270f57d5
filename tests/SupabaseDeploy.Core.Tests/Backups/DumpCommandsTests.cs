using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

public sealed class DumpCommandsTests
{
    private static readonly DatabaseAddress s_database = new()
    {
        Host = "127.0.0.1",
        Port = 54322,
        Database = "my app",
        User = "supabase_admin",
        Password = new Secret("s3cret"),
    };

    [Fact]
    public void A_dump_is_a_directory_in_the_snapshot_of_another_session() =>
        Assert.Equal(
            [
                "--format=directory", "--verbose", "--jobs=2", "--snapshot=00000003-0000001B-1", "--lock-wait-timeout=5min", "--no-password",
                "--file=/my backups/dump", "--dbname=postgresql://supabase_admin@127.0.0.1:54322/my%20app",
            ],
            DumpCommands.Dump(s_database, "/my backups/dump", "00000003-0000001B-1", 2));

    [Fact]
    public void Roles_are_dumped_with_their_passwords_where_that_is_allowed()
    {
        string[] common = ["--no-password", "--file=/b/roles.sql", "--database=my app", "--dbname=postgresql://supabase_admin@127.0.0.1:54322/my%20app"];
        Assert.Equal(["--roles-only", .. common], DumpCommands.DumpRoles(s_database, "/b/roles.sql", withPasswords: true));
        Assert.Equal(["--roles-only", "--no-role-passwords", .. common], DumpCommands.DumpRoles(s_database, "/b/roles.sql", withPasswords: false));
    }

    [Fact]
    public void A_restore_ends_with_the_first_error() =>
        Assert.Equal(
            [
                "--format=directory", "--verbose", "--jobs=4", "--exit-on-error", "--no-password",
                "--dbname=postgresql://supabase_admin@127.0.0.1:54322/my%20app", "/my backups/dump",
            ],
            DumpCommands.Restore(s_database, "/my backups/dump", 4));

    [Theory]
    [InlineData("::1", "postgres", null, "postgresql://supabase_admin@[::1]:54322/postgres")]
    [InlineData("/run/postgresql", "a=b", null, "postgresql://supabase_admin@%2Frun%2Fpostgresql:54322/a%3Db")]
    [InlineData("db.example", "postgres", "require", "postgresql://supabase_admin@db.example:54322/postgres?sslmode=require")]
    public void Every_host_and_name_makes_a_URL_that_means_it(string host, string database, string? sslMode, string url) =>
        Assert.Equal(url, DumpCommands.Url(s_database with { Host = host, Database = database, SslMode = sslMode }));

    [Fact]
    public void The_password_is_in_the_environment_and_nowhere_else()
    {
        Assert.Equal("s3cret", DumpCommands.Environment(s_database)["PGPASSWORD"]);
        Assert.DoesNotContain(
            "s3cret",
            string.Join(' ', [.. DumpCommands.Dump(s_database, "/b", "1", 1), .. DumpCommands.DumpRoles(s_database, "/b", true), .. DumpCommands.Restore(s_database, "/b", 1)]),
            StringComparison.Ordinal);
    }
}
