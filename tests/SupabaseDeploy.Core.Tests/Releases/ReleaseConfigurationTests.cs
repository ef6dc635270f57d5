using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Releases;

public sealed class ReleaseConfigurationTests : IDisposable
{
    private const string Pipeline =
        """
        application: courses
        stages:
          - name: staging
            target: local
          - name: production
            target: supabase-cloud
            project: abcdefghijklmnopqrst
            database: ${secret:PRODUCTION_DATABASE_URL}
            configuration:
              take: [auth.*, api.max_rows]
              set:
                auth.site_url: https://courses.example
                auth.jwt_expiry: 1800
                auth.external.google.secret: ${secret:GOOGLE_SECRET}
                auth.additional_redirect_urls: ["https://courses.example/*"]
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_release_holds_the_public_values_of_every_stage_and_the_settings_each_declares()
    {
        Write();

        Release release = await CreateAsync();

        Assert.Equal("https://staging.example", release.Configuration.Variables["staging"]["SUPABASE_URL"]);
        Assert.Equal(
            [
                """api.max_rows = 500""",
                """auth.additional_redirect_urls = ["https://courses.example/*"]""",
                """auth.email.smtp.pass = "env(SMTP_PASS)" """.TrimEnd(),
                """auth.enable_signup = true""",
                """auth.external.google.secret = "${secret:GOOGLE_SECRET}" """.TrimEnd(),
                """auth.jwt_expiry = 1800""",
                """auth.site_url = "https://courses.example" """.TrimEnd(),
            ],
            release.Configuration.Settings["production"].OrderBy(setting => setting.Key, StringComparer.Ordinal).Select(setting => $"{setting.Key} = {setting.Value}"));
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(release.Path, "manifest.json")), ReleaseManifest.Write(release));
    }

    [Fact]
    public async Task Remotes_of_config_toml_are_declared_for_the_stage_of_their_name()
    {
        Write();

        Release release = await CreateAsync();

        Assert.Equal("100", Assert.Single(release.Configuration.Settings["staging"], setting => setting.Key == "api.max_rows").Value);
        Assert.DoesNotContain(release.Configuration.Settings["staging"], setting => setting.Key.Contains("project_id", StringComparison.Ordinal));
    }

    [Fact]
    public async Task References_get_their_values_when_they_are_applied_and_secrets_are_not_shown()
    {
        Write();
        _folder.Write(".supabase-deploy/secrets/PRODUCTION_DATABASE_URL", "postgresql://postgres:pw@db.example/postgres");
        _folder.Write(".supabase-deploy/secrets/GOOGLE_SECRET", "s3cret-google");
        _folder.Write(".supabase-deploy/secrets/SMTP_PASS", "unused");
        foreach (string file in Directory.EnumerateFiles(Path.Combine(_folder.Path, ".supabase-deploy", "secrets")))
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead);
        }

        Release release = await CreateAsync();
        DeploymentEnvironment production = DeploymentPipeline.Load(new ProjectFolder(_folder.Path)).Resolve("production").Single();

        ConfigurationException missing = Assert.Throws<ConfigurationException>(() => release.Configuration.Resolve(production));
        Assert.Contains("SMTP_PASS", missing.Message, StringComparison.Ordinal);

        Release without = release with
        {
            Configuration = release.Configuration with
            {
                Settings = new Dictionary<string, IReadOnlyDictionary<string, string>>
                {
                    ["production"] = release.Configuration.Settings["production"].Where(setting => setting.Key != "auth.email.smtp.pass").ToDictionary(),
                },
            },
        };
        IReadOnlyList<DeclaredSetting> settings = without.Configuration.Resolve(production);

        DeclaredSetting google = settings.Single(setting => setting.Key == "auth.external.google.secret");
        Assert.True(google.IsSecret);
        Assert.Equal("s3cret-google", google.Secret!.Reveal());
        Assert.DoesNotContain("s3cret", string.Join(' ', settings), StringComparison.Ordinal);
        Assert.Equal("1800", settings.Single(setting => setting.Key == "auth.jwt_expiry").Value);
    }

    [Fact]
    public async Task A_secret_that_is_written_down_in_config_toml_is_refused_and_not_repeated()
    {
        Write();
        _folder.Write("supabase/config.toml", "[auth.external.google]\nsecret = \"hunter2\"\n");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => CreateAsync());

        Assert.Equal(ErrorTable.ReleaseContentRefused, e.Code);
        Assert.Contains("'auth.external.google.secret'", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", e.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("set: { auth.smtp_pass: hunter2 }", "its name says that its value is secret")]
    [InlineData("set: { site: x }", "'site' is not a key of config.toml")]
    [InlineData("set: { auth.site_url: { a: b } }", "a mapping stands here; expected text")]
    [InlineData("set: { auth.site_url: '${nope' }", "has no closing brace")]
    [InlineData("take: auth.*", "expected a list of keys")]
    [InlineData("put: {}", "'put' is not a key of this section")]
    public void What_cannot_be_a_declared_setting_is_told(string configuration, string message)
    {
        _folder.Write("env/pipeline.yml", $"application: a\nstages:\n  - name: staging\n    target: local\n    configuration:\n      {configuration}\n");

        ConfigurationException e = Assert.Throws<ConfigurationException>(() => DeploymentPipeline.Load(new ProjectFolder(_folder.Path)));

        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Images_that_are_named_by_digest_are_recorded()
    {
        string digest = "sha256:" + new string('a', 64);
        _folder.Write("env/pipeline.yml", "application: a\nstages:\n  - name: production\n    target: docker\n    compose: docker-compose.yml\n    database: ${secret:DB}\n");
        _folder.Write("docker-compose.yml", $"services:\n  auth:\n    image: supabase/gotrue:v2@{digest}\n  rest:\n    image: postgrest/postgrest:v14\n");

        Release release = await CreateAsync();

        Assert.Equal([("auth", $"supabase/gotrue:v2@{digest}")], release.Images.Select(image => (image.Key, image.Value)));
    }

    [Fact]
    public async Task Bundles_of_several_environments_are_one_release_and_each_environment_gets_its_own()
    {
        Write();
        WebSource staging = WriteWeb("build/staging", "staging");
        WebSource production = WriteWeb("build/production", "production");

        Release release = await CreateAsync(staging with { Environment = "staging" }, production with { Environment = "production" });

        Assert.Null(release.Web);
        Assert.Equal(["index.html", "main.dart.js"], release.For("staging").Web!.Files.Select(file => file.Path));
        Assert.Equal(["main.dart.js"], release.Webs!.DifferingFiles);
        Assert.Equal(["SUPABASE_URL"], release.Webs.Defines);
        Assert.Equal("staging", await File.ReadAllTextAsync(Path.Combine(release.For("staging").WebFolder, "main.dart.js")));
        Assert.Equal("production", await File.ReadAllTextAsync(Path.Combine(release.For("production").WebFolder, "main.dart.js")));
        Assert.Equal(ReleaseManifest.Write(release), ReleaseManifest.Write(release.For("staging")));
        Assert.Contains("differing in 1 files by the values of SUPABASE_URL", release.Webs.ToString(), StringComparison.Ordinal);
        await ReleaseStore.VerifyAsync(release, CancellationToken.None);
        DeployException e = Assert.Throws<DeployException>(() => release.For("local"));
        Assert.Equal(ErrorTable.ReleaseNotForEnvironment, e.Code);
    }

    [Fact]
    public async Task Bundles_that_do_not_go_together_are_refused()
    {
        Write();
        WebSource web = WriteWeb("build/web", "x");

        DeployException mixed = await Assert.ThrowsAsync<DeployException>(() => CreateAsync(web, web with { Environment = "staging" }));
        DeployException twice = await Assert.ThrowsAsync<DeployException>(() => CreateAsync(web with { Environment = "staging" }, web with { Environment = "staging" }));
        DeployException stale = await Assert.ThrowsAsync<DeployException>(() => CreateAsync(web with { Digest = new string('0', 64) }));
        DeployException elsewhere = await Assert.ThrowsAsync<DeployException>(() => CreateAsync(web with { Environment = "staging", GitCommit = new string('b', 40) }));

        Assert.Contains("one web bundle for all environments, or one for each", mixed.Message, StringComparison.Ordinal);
        Assert.Contains("there is one for 'staging' already", twice.Message, StringComparison.Ordinal);
        Assert.Contains("is not what was built any more", stale.Message, StringComparison.Ordinal);
        Assert.Contains("was built from commit 'bbbbbbb'", elsewhere.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder.Path, ".supabase-deploy", "releases")));
    }

    private void Write()
    {
        _folder.Write("env/pipeline.yml", Pipeline);
        _folder.Write("env/staging.json", """{ "SUPABASE_URL": "https://staging.example", "SAME": "1" }""");
        _folder.Write("env/production.json", """{ "SUPABASE_URL": "https://production.example", "SAME": "1" }""");
        _folder.Write(
            "supabase/config.toml",
            """
            [api]
            max_rows = 500
            schemas = ["public"]
            [auth]
            enable_signup = true
            jwt_expiry = 3600
            [auth.email.smtp]
            pass = "env(SMTP_PASS)"
            [remotes.staging]
            project_id = "abcdefghijklmnopqrst"
            [remotes.staging.api]
            max_rows = 100
            """);
    }

    private WebSource WriteWeb(string folder, string script)
    {
        _folder.Write($"{folder}/index.html", "<script src=main.dart.js>");
        _folder.Write($"{folder}/main.dart.js", script);
        return new WebSource(Path.Combine(_folder.Path, folder));
    }

    private async Task<Release> CreateAsync(params WebSource[] webs)
    {
        var project = new ProjectFolder(_folder.Path);
        using ReleaseDraft draft = new ReleaseStore(project).Draft(NullProgressSink.Instance);
        foreach (WebSource web in webs)
        {
            await draft.AddWebAsync(web, CancellationToken.None);
        }

        return await draft.FinishAsync(new ReleaseContent { Application = "courses", MigrationsFolder = project.MigrationsFolder }, CancellationToken.None);
    }
}
