using System.Collections;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class SupabaseCliCommandsTests
{
    private const string Project = "/a project";

    [Fact]
    public void The_arguments_are_those_of_the_documentation()
    {
        Assert.Equal(["start", "--output-format", "json", "--yes", "--workdir", Project], SupabaseCliCommands.Start(Project, []));
        Assert.Equal(
            ["start", "--exclude", "studio,mailpit", "--output-format", "json", "--yes", "--workdir", Project], SupabaseCliCommands.Start(Project, ["studio", "mailpit"]));
        Assert.Equal(["status", "--output-format", "json", "--yes", "--workdir", Project], SupabaseCliCommands.Status(Project));
        Assert.Equal(["stop", "--output-format", "json", "--yes", "--workdir", Project], SupabaseCliCommands.Stop(Project, removeData: false));
        Assert.Equal(["stop", "--no-backup", "--output-format", "json", "--yes", "--workdir", Project], SupabaseCliCommands.Stop(Project, removeData: true));
        Assert.Equal(["db", "reset", "--output-format", "json", "--yes", "--workdir", Project], SupabaseCliCommands.Reset(Project, null, includeSeed: true));
        Assert.Equal(
            ["db", "reset", "--version", "7", "--no-seed", "--output-format", "json", "--yes", "--workdir", Project],
            SupabaseCliCommands.Reset(Project, "7", includeSeed: false));
        Assert.Equal(["logs", "--tail", "5", "supabase_db_shop"], SupabaseCliCommands.ContainerLog("supabase_db_shop", 5, follow: false));
        Assert.Equal(["logs", "--tail", "0", "--follow", "supabase_db_shop"], SupabaseCliCommands.ContainerLog("supabase_db_shop", 0, follow: true));
    }

    [Fact]
    public void It_gets_its_own_variables_those_of_Docker_and_those_that_the_configuration_reads()
    {
        var ours = new Hashtable
        {
            ["DOCKER_HOST"] = "unix:///d.sock",
            ["SUPABASE_AUTH_SITE_URL"] = "http://a",
            ["SUPABASE_ACCESS_TOKEN"] = "sbp_no",
            ["SUPABASE_DB_PASSWORD"] = "no",
            ["GOOGLE_SECRET"] = "yes",
            ["OTHER_SECRET"] = "no",
        };

        Dictionary<string, string?> passed = SupabaseCliProgram.EnvironmentFor(ours, "secret = \"env(GOOGLE_SECRET)\"");

        Assert.Equal(["DOCKER_HOST", "GOOGLE_SECRET", "SUPABASE_AUTH_SITE_URL", "SUPABASE_TELEMETRY_DISABLED"], passed.Keys.Order(StringComparer.Ordinal));
    }
}
