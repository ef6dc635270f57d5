using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets.SupabaseCloud;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Environments;

/// <summary>What is wrong beside the files themselves.</summary>
public sealed class EnvironmentTestTests : IAsyncLifetime
{
    private PublishedApplication _application = null!;

    public async ValueTask InitializeAsync() => _application = await PublishedApplication.CreateAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task A_broken_chain_of_evidence_is_an_error_of_its_environment()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        Assert.All(await TestAsync(), test => Assert.Equal(ConfigurationSeverity.Ok, test.Severity));
        await _application.Database("staging").ExecuteAsync(
            "alter table supabase_deploy.evidence disable trigger user; update supabase_deploy.evidence set passed = false; alter table supabase_deploy.evidence enable trigger user");

        IReadOnlyList<EnvironmentTest> tests = await TestAsync();

        Assert.Equal([("production", ConfigurationSeverity.Ok), ("staging", ConfigurationSeverity.Error)], tests.Select(test => (test.Environment!, test.Severity)));
        Assert.Contains("row 1 does not follow from the row before it", tests[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_does_not_answer_says_nothing_about_the_configuration()
    {
        var nowhere = new FolderTargets([.. new[] { "staging", "production" }.Select(name => new FolderTarget(
            _application.Environment(name), new DatabaseAddress { Host = "127.0.0.1", Port = 1, Database = "none", User = "nobody" }))]);

        Assert.All(
            await EnvironmentTest.RunAsync(_application.Project, ["*"], nowhere, CancellationToken.None),
            test => Assert.Equal(ConfigurationSeverity.Ok, test.Severity));
    }

    [Fact]
    public async Task A_store_of_releases_without_keys_and_a_hosted_stage_without_a_token_are_warnings()
    {
        Assert.Null(Environment.GetEnvironmentVariable(ApiAccess.TokenVariable));
        _application.Write(
            "env/pipeline.yml",
            """
            application: courses
            releases: { store: 's3://bucket/courses', accessKey: '${SDTEST_UNSET_KEY}', secretKey: '${SDTEST_UNSET_SECRET}' }
            stages:
              - { name: staging, target: supabase-cloud, project: abcdefghijklmnopqrst }
            """);

        EnvironmentTest[] tests = [.. (await TestAsync()).Where(test => test.File == "env/pipeline.yml")];

        Assert.All(tests, test => Assert.Equal(ConfigurationSeverity.Warning, test.Severity));
        Assert.Equal(["releases.accessKey", "releases.secretKey", "stages[0].accessToken"], tests.Select(test => test.Path));
        Assert.Contains("SDTEST_UNSET_KEY", tests[0].Message, StringComparison.Ordinal);
        Assert.Contains(ApiAccess.TokenVariable, tests[2].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_of_releases_whose_share_is_not_mounted_is_a_warning()
    {
        string pipeline = File.ReadAllText(_application.Project.PipelineFile);
        _application.Write("env/pipeline.yml", $"{pipeline}\nreleases: {{ store: share/releases }}\n");

        EnvironmentTest warning = Assert.Single(await TestAsync(), test => test.Severity != ConfigurationSeverity.Ok);

        Assert.Equal((ConfigurationSeverity.Warning, "releases.store"), (warning.Severity, warning.Path));
        Assert.NotEqual(0, warning.Line);
        Assert.Contains("share/releases' is not there", warning.Message, StringComparison.Ordinal);
        Assert.Contains("Mount the share", warning.Message, StringComparison.Ordinal);
    }

    private Task<IReadOnlyList<EnvironmentTest>> TestAsync() => EnvironmentTest.RunAsync(_application.Project, ["*"], _application.Targets, CancellationToken.None);
}
