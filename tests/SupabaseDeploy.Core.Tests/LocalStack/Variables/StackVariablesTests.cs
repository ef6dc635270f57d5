using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class StackVariablesTests : IDisposable
{
    private static readonly Uri s_url = new("http://127.0.0.1:23456/");

    private readonly TemporaryFolder _folder = new();
    private readonly CollectingSink _sink = new();
    private readonly LocalKeys _keys;

    public StackVariablesTests() => _keys = LocalKeys.ReadOrCreate(Path.Combine(_folder.Path, "keys.json"));

    private string EnvFile => Path.Combine(_folder.Path, "env", "local.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Only_the_stacks_values_change_and_everything_else_stays_to_the_byte()
    {
        _folder.Write("env/local.json", "{\r\n\t\"B\" : true,\r\n\t\"SUPABASE_URL\":\"http://127.0.0.1:54321\",\r\n\t\"A\": 1e3,\r\n\t\"SUPABASE_PUBLISHABLE_KEY\" :  \"old\"}\r\n");

        IReadOnlyDictionary<string, string> values = await WriteAsync();

        Assert.Equal(
            $"{{\r\n\t\"B\" : true,\r\n\t\"SUPABASE_URL\":\"http://127.0.0.1:23456\",\r\n\t\"A\": 1e3,\r\n\t\"SUPABASE_PUBLISHABLE_KEY\" :  \"{_keys.PublishableKey}\"}}\r\n",
            await File.ReadAllTextAsync(EnvFile));
        Assert.Equal(("http://127.0.0.1:23456", "1e3"), (values["SUPABASE_URL"], values["A"]));
        Assert.Equal("'env/local.json' has the stack's SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY now.", Assert.IsType<Notice>(Assert.Single(_sink.Events)).Message);
    }

    [Fact]
    public async Task A_file_that_has_the_right_values_is_not_written()
    {
        _folder.Write("env/local.json", "{}");
        await WriteAsync();
        File.SetLastWriteTimeUtc(EnvFile, DateTime.UnixEpoch);

        IReadOnlyDictionary<string, string> values = await WriteAsync();

        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(EnvFile));
        Assert.Equal(_keys.PublishableKey, values["SUPABASE_PUBLISHABLE_KEY"]);
        Assert.Single(_sink.Events);
    }

    [Theory]
    [InlineData("{}", "{\n  \"SUPABASE_URL\": \"URL\",\n  \"SUPABASE_PUBLISHABLE_KEY\": \"NEW\"\n}")]
    [InlineData("{\"A\":\"ä\"}", "{\"A\":\"ä\", \"SUPABASE_URL\": \"URL\", \"SUPABASE_PUBLISHABLE_KEY\": \"NEW\"}")]
    [InlineData("{\n    \"A\": 1\n}\n", "{\n    \"A\": 1,\n    \"SUPABASE_URL\": \"URL\",\n    \"SUPABASE_PUBLISHABLE_KEY\": \"NEW\"\n}\n")]
    [InlineData("{ \"supabaseUrl\": \"\", \"supabaseAnonKey\": \"\" }", "{ \"supabaseUrl\": \"URL\", \"supabaseAnonKey\": \"JWT\" }")]
    [InlineData("{ \"SUPABASE_URL\": 1, \"SUPABASE_ANON_KEY\": \"sb_publishable_x\" }", "{ \"SUPABASE_URL\": \"URL\", \"SUPABASE_ANON_KEY\": \"NEW\" }")]
    [InlineData("{ \"SUPABASE_URL\": \"\", \"SUPABASE_KEY\": \"eyJx\", \"OTHER_SUPABASE_URL\": \"x\" }", "{ \"SUPABASE_URL\": \"URL\", \"SUPABASE_KEY\": \"JWT\", \"OTHER_SUPABASE_URL\": \"x\" }")]
    public async Task A_file_gets_the_values_under_its_own_names(string before, string after)
    {
        _folder.Write("env/local.json", before);

        await WriteAsync();

        Assert.Equal(
            after.Replace("\"URL\"", "\"http://127.0.0.1:23456\"", StringComparison.Ordinal).Replace("\"NEW\"", $"\"{_keys.PublishableKey}\"", StringComparison.Ordinal).Replace("\"JWT\"", $"\"{_keys.AnonKey}\"", StringComparison.Ordinal),
            await File.ReadAllTextAsync(EnvFile));
    }

    [Fact]
    public async Task A_missing_file_is_made_with_the_names_that_the_application_reads()
    {
        _folder.Write("app/pubspec.yaml", "name: app\n");
        _folder.Write("app/lib/src/config.dart", "const url = String.fromEnvironment('SUPABASE_URL');\nconst key = String.fromEnvironment(\n  \"SUPABASE_ANON_KEY\", defaultValue: '');\nconst other = String.fromEnvironment('OTHER');\n");

        await WriteAsync();

        Assert.Equal($"{{\n  \"SUPABASE_ANON_KEY\": \"{_keys.AnonKey}\",\n  \"SUPABASE_URL\": \"http://127.0.0.1:23456\"\n}}\n", await File.ReadAllTextAsync(EnvFile));
    }

    [Fact]
    public async Task A_project_without_environments_and_application_gets_no_file()
    {
        await WriteAsync();

        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "env")));
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_a_warning()
    {
        _folder.Write("env/local.json/not a file", "");

        Assert.Empty(await WriteAsync());

        Assert.StartsWith("'env/local.json' has other values than the stack, and cannot be written: ", Assert.IsType<Caution>(Assert.Single(_sink.Events)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ \"A\": [1] }")]
    [InlineData("SUPABASE_URL=x")]
    [InlineData("{ \"SUPABASE_URL\": \"x\", }")]
    [InlineData("{ \"KEY\": \"sb_secret_1\" }")]
    public async Task A_file_that_cannot_be_used_is_refused_and_not_overwritten(string text)
    {
        _folder.Write("env/local.json", text);

        DeployException error = await Assert.ThrowsAnyAsync<DeployException>(WriteAsync);

        Assert.Equal(ErrorTable.InvalidConfiguration, error.Code);
        Assert.Contains("env/local.json", error.Message, StringComparison.Ordinal);
        Assert.Equal(text, await File.ReadAllTextAsync(EnvFile));
    }

    [Fact]
    public async Task What_was_edited_while_the_stack_started_is_kept()
    {
        _folder.Write("env/local.json", "{ \"A\": 1 }");
        StackVariables variables = Read();
        _folder.Write("env/local.json", "{ \"A\": 2, \"SUPABASE_URL\": \"\" }");

        IReadOnlyDictionary<string, string> values = await variables.WriteAsync(s_url, _keys, _sink, CancellationToken.None);

        Assert.Equal(("2", "http://127.0.0.1:23456"), (values["A"], values["SUPABASE_URL"]));
        Assert.StartsWith("{ \"A\": 2, \"SUPABASE_URL\": \"http://127.0.0.1:23456\"", await File.ReadAllTextAsync(EnvFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_became_unusable_while_the_stack_started_is_left_and_told_of()
    {
        _folder.Write("env/local.json", "{ \"A\": 1 }");
        StackVariables variables = Read();
        _folder.Write("env/local.json", "{ \"A\": ");

        IReadOnlyDictionary<string, string> values = await variables.WriteAsync(s_url, _keys, _sink, CancellationToken.None);

        Assert.Equal("1", values["A"]);
        Assert.Equal("{ \"A\": ", await File.ReadAllTextAsync(EnvFile));
        Assert.StartsWith("'env/local.json' was changed while the stack started", Assert.IsType<Caution>(Assert.Single(_sink.Events)).Message, StringComparison.Ordinal);
    }

    private Task<IReadOnlyDictionary<string, string>> WriteAsync() => Read().WriteAsync(s_url, _keys, _sink, CancellationToken.None);

    private StackVariables Read() => StackVariables.Read(new DeploymentEnvironment
    {
        Name = "local",
        Target = TargetKind.Local,
        Application = "courses",
        Project = new ProjectFolder(_folder.Path),
        MigrationsFolder = Path.Combine(_folder.Path, "migrations"),
    });
}
