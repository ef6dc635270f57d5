using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Environments;

public sealed class ProjectVariablesTests
{
    [Fact]
    public void Every_kind_of_line_is_understood()
    {
        IReadOnlyDictionary<string, string> variables = ProjectVariables.Parse(
            "# words\r\n\r\nPLAIN=a b # said\nexport EXPORTED = yes\nQUOTED=\"two\\nlines \\\"here\\\" # not said\"\nLITERAL='$PLAIN'\nLONG=\"first\nsecond\"\nEMPTY=\nHASH=a#b\nJOINED=${PLAIN}/$EXPORTED$NONE\nURL=postgres://u:p@h/d?x=1",
            ".env");

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["PLAIN"] = "a b",
                ["EXPORTED"] = "yes",
                ["QUOTED"] = "two\nlines \"here\" # not said",
                ["LITERAL"] = "$PLAIN",
                ["LONG"] = "first\nsecond",
                ["EMPTY"] = "",
                ["HASH"] = "a#b",
                ["JOINED"] = "a b/yes",
                ["URL"] = "postgres://u:p@h/d?x=1",
            },
            variables);
    }

    [Theory]
    [InlineData("\"pa$word\"", "pa$word")]
    [InlineData("pa$word", "pa$word")]
    [InlineData("$5.00 for $FIRST", ".00 for one")]
    [InlineData("\"\\$FIRST\"", "$FIRST")]
    [InlineData("\\$FIRST", "$FIRST")]
    [InlineData("\"\\\\n $FIRST\\n\"", "\\n one\n")]
    [InlineData("${lower}/${FIRST}/$SECOND", "${lower}/one/$FIRST")]
    [InlineData("a$", "a$")]
    [InlineData("$PATH", "")]
    public void A_dollar_is_taken_as_godotenv_takes_it(string written, string expected) =>
        Assert.Equal(expected, ProjectVariables.Parse($"FIRST=one\nSECOND='$FIRST'\nVALUE={written}\n", ".env")["VALUE"]);

    [Fact]
    public void A_file_that_cannot_be_opened_is_named()
    {
        using var folder = new TemporaryFolder();
        folder.Write("supabase/config.toml", "project_id = \"env(A)\"\n");
        string path = folder.Write("supabase/.env", "A=1\n");
        SupabaseConfiguration configuration = SupabaseConfiguration.Load(new ProjectFolder(folder.Path));
        using var locked = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        var error = Assert.Throws<DeployException>(() => configuration.Text("project_id"));

        Assert.Equal((ErrorTable.InvalidSupabaseConfiguration, path), (error.Code, error.Target));
        Assert.IsType<IOException>(error.InnerException);
    }

    [Theory]
    [InlineData("A=1\nthe secret s3cret\n", 2)]
    [InlineData("A=1\nB=2\nC=\"s3cret", 3)]
    public void What_is_no_variable_is_told_by_its_line_and_without_its_text(string text, int line)
    {
        var error = Assert.Throws<DeployException>(() => ProjectVariables.Parse(text, "/app/.env"));

        Assert.Equal($"'/app/.env' cannot be read: line {line} is no variable.", error.Message);
        Assert.DoesNotContain("s3cret", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_are_read_in_the_order_of_the_CLI_and_the_process_goes_first()
    {
        using var folder = new TemporaryFolder();
        folder.Write("supabase/.env", "A=beside\nB=beside\nPATH=/nowhere\nPORT=7001\nON=true\nURL=https://app.example\n");
        folder.Write("supabase/.env.local", "A=local\n");
        folder.Write(".env.development.local", "B=above\nC=above\n");
        folder.Write("supabase/config.toml", """
            project_id = "env(A)"
            [api]
            port = "env(PORT)"
            max_rows = "env(NONE)"
            schemas = ["env(B)", "public", "env(NONE)"]
            [auth]
            enable_signup = "env(ON)"
            site_url = "env(URL)"
            jwt_expiry = "env(URL)"
            [db]
            root_key = "env(C)"
            [studio]
            api_url = "env(PATH)"
            """);

        SupabaseConfiguration configuration = SupabaseConfiguration.Load(new ProjectFolder(folder.Path));

        Assert.Equal(("local", "above", "https://app.example"), (configuration.Text("project_id"), configuration.Text("db.root_key"), configuration.Text("auth.site_url")));
        Assert.Equal((7001, null, true), (configuration.Port("api.port"), configuration.Number("api.max_rows"), configuration.Flag("auth.enable_signup")));
        Assert.Equal(["beside", "public"], configuration.Texts("api.schemas"));
        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), configuration.Text("studio.api_url"));
        Assert.Equal(ErrorTable.InvalidSupabaseConfiguration, Assert.Throws<DeployException>(() => configuration.Number("auth.jwt_expiry")).Code);
    }
}
