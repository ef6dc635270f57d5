using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class StackLogsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DeploymentEnvironment _environment;

    public StackLogsTests() => _environment = new DeploymentEnvironment
    {
        Name = "local",
        Target = TargetKind.Local,
        Application = "courses",
        Project = new ProjectFolder(_folder.Path),
        MigrationsFolder = _folder.Path,
    };

    private string Rest => Path.Combine(_environment.Project.EnvironmentFolder("local"), "log", "rest.log");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_last_lines_are_read_and_a_log_that_is_not_there_has_none()
    {
        Append("one\ntwo\nthree\nnot finished");

        Assert.Equal(["rest | two", "rest | three"], await ReadAsync(["rest", "meta", "db"], tail: 2));
        Assert.Empty(await ReadAsync(["*"], tail: 0));
    }

    [Fact]
    public async Task Secret_keys_of_the_stack_that_a_service_repeats_are_not_shown_and_public_ones_are()
    {
        LocalKeys keys = LocalKeys.ReadOrCreate(StackFolder.Of(_environment).KeysFile);
        Append($"""
            secret {keys.JwtSecret.Reveal()}
            key {keys.SecretKey.Reveal()}
            to postgres://postgres:{keys.ServicePassword.Reveal()}@127.0.0.1/postgres
            as {keys.ServiceRoleKey.Reveal()}
            for {keys.PublishableKey}

            """);

        Assert.Equal(
            ["rest | secret ***", "rest | key ***", "rest | to postgres://postgres:***@127.0.0.1/postgres", "rest | as ***", $"rest | for {keys.PublishableKey}"],
            await ReadAsync(["rest"], tail: 10));
    }

    [Fact]
    public async Task All_that_functions_and_services_were_given_in_secret_is_hidden()
    {
        LocalKeys keys = LocalKeys.ReadOrCreate(StackFolder.Of(_environment).KeysFile);
        var passwords = ClusterPasswords.Create();
        await new ClusterFiles(StackFolder.Of(_environment).Root).WriteAsync(passwords, CancellationToken.None);
        _folder.Write("supabase/config.toml", """
            [edge_runtime.secrets]
            STRIPE = "sk_test_4711"
            LEVEL = "high"
            [auth.email.smtp]
            pass = "of-the-mailer"
            [auth.external.github]
            client_id = "an-id"
            secret = "of-github"
            """);
        _folder.Write("supabase/functions/.env", "SENDGRID_API_KEY=of-sendgrid\nLOG_LEVEL=verbose\n");
        Append($"""
            SUPABASE_DB_URL: "postgresql://postgres:{passwords.Postgres}@127.0.0.1:5432/postgres"
            DB_PASSWORD: "{passwords.SupabaseAdmin}"
            PG_META_CRYPTO_KEY: "{keys.DerivedSecret.Reveal()}"
            STRIPE: "sk_test_4711" LEVEL: "high" SENDGRID_API_KEY: "of-sendgrid" LOG_LEVEL: "verbose"
            of-the-mailer, an-id, of-github

            """);

        Assert.Equal(
            [
                "rest | SUPABASE_DB_URL: \"postgresql://postgres:***@127.0.0.1:5432/postgres\"",
                "rest | DB_PASSWORD: \"***\"",
                "rest | PG_META_CRYPTO_KEY: \"***\"",
                "rest | STRIPE: \"***\" LEVEL: \"high\" SENDGRID_API_KEY: \"***\" LOG_LEVEL: \"verbose\"",
                "rest | ***, an-id, ***",
            ],
            await ReadAsync(["rest"], tail: 10));
    }

    [Fact]
    public async Task Only_the_end_of_a_large_log_is_read()
    {
        Append(string.Concat(Enumerable.Range(0, 100_000).Select(number => $"line {number}\n")));

        IReadOnlyList<string> lines = await ReadAsync(["rest"], tail: 100_000);

        Assert.Equal("rest | line 99999", lines[^1]);
        Assert.InRange(lines.Count, 40_000, 60_000);
        Assert.All(lines, line => Assert.StartsWith("rest | line ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_followed_log_goes_on_when_it_is_written_for_the_first_time_and_when_a_full_one_is_replaced()
    {
        using var ending = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        IAsyncEnumerator<LogLine> lines = new StackLogs(_environment).ReadAsync(["rest"], 10, follow: true, ending.Token).GetAsyncEnumerator(ending.Token);
        ValueTask<bool> first = lines.MoveNextAsync();
        Append("first\nsec");
        Assert.True(await first);
        Assert.Equal("first", lines.Current.Text);

        ValueTask<bool> second = lines.MoveNextAsync();
        Append("ond\n");
        Assert.True(await second);
        Assert.Equal("second", lines.Current.Text);

        ValueTask<bool> third = lines.MoveNextAsync();
        Append("last of the old\n");
        File.Move(Rest, Rest + ".1");
        Append("new\n");
        Assert.True(await third);
        Assert.Equal("last of the old", lines.Current.Text);
        Assert.True(await lines.MoveNextAsync());
        Assert.Equal("new", lines.Current.Text);

        ValueTask<bool> never = lines.MoveNextAsync();
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => never.AsTask());
        await lines.DisposeAsync();
    }

    [Fact]
    public async Task An_unknown_service_is_an_error_that_lists_the_services()
    {
        DeployException error = await Assert.ThrowsAsync<DeployException>(() => ReadAsync(["kong"], 1));

        Assert.Equal(ErrorTable.ServiceUnknown, error.Code);
        Assert.Contains("database, gateway, access, mail, rest", error.Remedy, StringComparison.Ordinal);
    }

    private void Append(string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Rest)!);
        File.AppendAllText(Rest, text);
    }

    private async Task<IReadOnlyList<string>> ReadAsync(IReadOnlyList<string> services, int tail)
    {
        var lines = new List<string>();
        await foreach (LogLine line in new StackLogs(_environment).ReadAsync(services, tail, follow: false, CancellationToken.None))
        {
            lines.Add(line.ToString());
        }

        return lines;
    }
}
