using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Environments;

public sealed class SupabaseConfigurationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Values_are_read_by_their_keys_and_the_rest_is_named()
    {
        SupabaseConfiguration configuration = Load("""
            project_id = "courses"
            [api]
            port = 54321
            schemas = ["public", "graphql_public"]
            [auth]
            enable_signup = false
            site_url = "http://127.0.0.1:3000"
            [functions.hello]
            verify_jwt = false
            [functions."with space"]
            verify_jwt = true
            """);

        Assert.Equal(54321, configuration.Port("api.port"));
        Assert.Equal(["public", "graphql_public"], configuration.Texts("api.schemas"));
        Assert.False(configuration.Flag("auth.enable_signup"));
        Assert.Null(configuration.Text("auth.jwt_issuer"));
        Assert.Equal(["hello", "with space"], configuration.Names("functions"));
    }

    [Fact]
    public void A_text_may_stand_for_a_variable_and_the_mail_server_has_two_names()
    {
        Environment.SetEnvironmentVariable("SUPABASE_CONFIGURATION_TESTS_SECRET", "from outside");
        SupabaseConfiguration configuration = Load(
            """
            [auth.external.google]
            secret = "env(SUPABASE_CONFIGURATION_TESTS_SECRET)"
            client_id = "env(SUPABASE_CONFIGURATION_TESTS_NEVER_SET)"
            [auth.rate_limit]
            sms_sent = 7
            [local_smtp]
            port = 54324
            enabled = false
            """);

        Assert.Equal(("from outside", null), (configuration.Text("auth.external.google.secret"), configuration.Scalar("auth.external.google.client_id")));
        Assert.Equal(("7", 54324, false), (configuration.Scalar("auth.rate_limit.sms_sent"), configuration.Port("inbucket.port"), configuration.Flag("inbucket.enabled")));
    }

    [Fact]
    public void A_table_may_be_empty_and_have_dots_in_its_name()
    {
        SupabaseConfiguration configuration = Load("""
            [storage.buckets.images]
            [storage.buckets."my.bucket"]
            public = true
            """);

        Assert.Equal(["images", "my.bucket"], configuration.Names("storage.buckets"));
        Assert.True(configuration.Flag("storage.buckets.my.bucket.public"));
        Assert.Equal(["storage", "buckets", "my.bucket", "public"], configuration.Parts(Assert.Single(configuration.Keys)));
    }

    [Fact]
    public void A_size_may_stand_for_a_variable()
    {
        _folder.Write("supabase/.env", "LIMIT=2MiB\nWORDS=much\n");
        SupabaseConfiguration configuration = Load("storage = { file_size_limit = 'env(LIMIT)', wrong = 'env(WORDS)', none = 'env(SUPABASE_CONFIGURATION_TESTS_NEVER_SET)' }");

        Assert.Equal((2L << 20, null), (configuration.Size("storage.file_size_limit"), configuration.Size("storage.none")));
        DeployException error = Assert.Throws<DeployException>(() => configuration.Size("storage.wrong"));
        Assert.EndsWith("'storage.wrong' is 'env(WORDS)', expected a variable that holds a size like 50MiB.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_project_without_the_file_sets_nothing() =>
        Assert.Null(SupabaseConfiguration.Load(new ProjectFolder(_folder.Path)).Port("api.port"));

    [Theory]
    [InlineData("api.port = \"x\"", "'api.port' is 'x', expected a whole number from 1 to 65535.")]
    [InlineData("api.port = 70000", "'api.port' is '70000', expected a whole number from 1 to 65535.")]
    public void A_value_of_another_kind_names_file_key_value_and_what_was_expected(string text, string message)
    {
        SupabaseConfiguration configuration = Load(text);

        DeployException error = Assert.Throws<DeployException>(() => configuration.Port("api.port"));
        Assert.EndsWith("config.toml': " + message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Broken_TOML_names_the_place()
    {
        DeployException error = Assert.Throws<DeployException>(() => Load("[api\nport = 1"));

        Assert.Equal(ErrorTable.InvalidSupabaseConfiguration, error.Code);
        Assert.Contains("(1,", error.Message, StringComparison.Ordinal);
    }

    private SupabaseConfiguration Load(string text)
    {
        _folder.Write("supabase/config.toml", text);
        return SupabaseConfiguration.Load(new ProjectFolder(_folder.Path));
    }
}
