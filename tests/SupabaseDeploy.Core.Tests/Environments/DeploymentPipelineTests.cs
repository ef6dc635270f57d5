using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Environments;

public sealed class DeploymentPipelineTests : IDisposable
{
    private const string ThreeStages = """
        application: courses
        web: { bundle: build/web, keep: 5 }
        health: &everywhere
          timeout: 2s
          endpoints:
            - { name: home, url: /, status: 200, body: "<title>", latency: 500ms }
        stages:
          - name: local
            target: local
          - name: staging
            target: supabase-cloud
            project: ${SDTEST_STAGING_REF}
            database: ${secret:SDTEST_STAGING_DATABASE_URL}
            promoteFrom: local
            gates: { evidence: [healthy] }
            health:
              endpoints: [{ name: api, url: "https://${SDTEST_STAGING_REF}.example.org/health" }]
          - name: production
            target: docker
            promoteFrom: staging
            compose: deploy/docker-compose.yml
            database: postgresql://postgres:${secret:SDTEST_PRODUCTION_PASSWORD}@db.example.org:6000/app?sslmode=require
            health: *everywhere
            backup: { before: true, store: "${file:store.txt}", keep: { daily: 7, monthly: 12 } }
            migrations: { statementTimeout: 10m, retries: 2 }

        """;

    private readonly TemporaryFolder _folder = new();

    private ProjectFolder Project => new(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_stage_that_says_nothing_gets_every_default()
    {
        DeploymentPipeline pipeline = Load(ThreeStages);
        DeploymentEnvironment local = Assert.Single(pipeline.Resolve("local"));

        Assert.Equal("courses", pipeline.Application);
        Assert.Equal(["local", "staging", "production"], pipeline.StageNames);
        Assert.Equal(Path.Combine(_folder.Path, "build", "web"), pipeline.Web.BundleFolder);
        Assert.Equal((TargetKind.Local, 0, null, null), (local.Target, local.Order, local.PromoteFrom, local.Database));
        Assert.Equal(5, local.Web.KeepReleases);
        Assert.Empty(local.Gates.Evidence);
        Assert.Equal((false, null, null), (local.Backup.Before, local.Backup.Store, local.Backup.Keep));
        Assert.Equal(new MigrationSettings { LockTimeout = null, StatementTimeout = null, Retries = 5 }, local.Migrations);
        Assert.Equal(TimeSpan.FromSeconds(2), local.Health.Timeout);
        Assert.Equal(
            new HttpProbeSettings { Name = "home", Url = "/", Status = 200, BodyMatches = "<title>", MaxLatency = TimeSpan.FromMilliseconds(500) },
            Assert.Single(local.Health.Endpoints));
    }

    [Fact]
    public void References_are_replaced_by_their_values()
    {
        using var reference = new EnvironmentVariable("SDTEST_STAGING_REF", "abcdefghijklmnopqrst");
        using var password = new EnvironmentVariable("SDTEST_PRODUCTION_PASSWORD", "p%40ss");
        using var database = new EnvironmentVariable("SDTEST_STAGING_DATABASE_URL", "postgresql://postgres@staging.example.org/postgres");
        _folder.Write("store.txt", "../backups\n");

        IReadOnlyList<DeploymentEnvironment> environments = Load(ThreeStages).Resolve("production", "stag*");

        Assert.Equal(["staging", "production"], environments.Select(environment => environment.Name));
        Assert.Equal("abcdefghijklmnopqrst", environments[0].ProjectReference);
        Assert.Equal("postgres@staging.example.org:5432/postgres", environments[0].Database!.ToString());
        Assert.Equal("https://abcdefghijklmnopqrst.example.org/health", Assert.Single(environments[0].Health.Endpoints).Url);
        Assert.Equal([new RequiredEvidence("healthy", null)], environments[0].Gates.Evidence);
        Assert.Equal(Path.Combine(_folder.Path, "deploy", "docker-compose.yml"), environments[1].ComposeFile);
        Assert.Equal("p@ss", environments[1].Database!.Password!.Reveal());
        Assert.Equal("require", environments[1].Database!.SslMode);
        Assert.Equal(new MigrationSettings { LockTimeout = TimeSpan.FromSeconds(5), Retries = 5 }, environments[0].Migrations);
        Assert.Equal(new MigrationSettings { LockTimeout = TimeSpan.FromSeconds(5), StatementTimeout = TimeSpan.FromMinutes(10), Retries = 2 }, environments[1].Migrations);
        Assert.Equal(Path.GetFullPath(Path.Combine(_folder.Path, "..", "backups")), environments[1].Backup.Store);
        Assert.Equal(new BackupRetention(7, 0, 12), environments[1].Backup.Keep);
        Assert.Equal("/", Assert.Single(environments[1].Health.Endpoints).Url);
    }

    [Fact]
    public void Everything_that_is_not_set_is_named_in_one_error_and_other_environments_are_usable()
    {
        DeploymentPipeline pipeline = Load(ThreeStages);
        var error = Assert.Throws<ConfigurationException>(() => pipeline.Resolve("*"));

        Assert.Equal(ErrorTable.UnresolvedReference, error.Code);
        Assert.Equal(
            """
            The configuration has 5 problems:
              env/pipeline.yml:12: stages[1].project: '${SDTEST_STAGING_REF}' has no value: the environment variable 'SDTEST_STAGING_REF' is not set.
              env/pipeline.yml:13: stages[1].database: '${secret:SDTEST_STAGING_DATABASE_URL}' has no value: the environment variable 'SDTEST_STAGING_DATABASE_URL' is not set and there is no file '.supabase-deploy/secrets/SDTEST_STAGING_DATABASE_URL'.
              env/pipeline.yml:17: stages[1].health.endpoints[0].url: '${SDTEST_STAGING_REF}' has no value: the environment variable 'SDTEST_STAGING_REF' is not set.
              env/pipeline.yml:22: stages[2].database: '${secret:SDTEST_PRODUCTION_PASSWORD}' has no value: the environment variable 'SDTEST_PRODUCTION_PASSWORD' is not set and there is no file '.supabase-deploy/secrets/SDTEST_PRODUCTION_PASSWORD'.
              env/pipeline.yml:24: stages[2].backup.store: '${file:store.txt}' has no value: there is no file 'store.txt'.
            """,
            error.Message);
        Assert.Single(pipeline.Resolve("local"));
    }

    [Fact]
    public void A_secret_is_read_from_a_file_of_ones_own_only()
    {
        string file = Path.Combine(_folder.Path, ".supabase-deploy", "secrets", "SDTEST_URL");
        AtomicFile.WriteAllText(file, "postgresql://app:hunter2@db.example.org/app\n", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        DeploymentPipeline pipeline = Load("application: a\nstages: [{ name: cluster, target: kubernetes, database: '${secret:SDTEST_URL}' }]");

        Assert.Equal("hunter2", pipeline.Resolve("cluster")[0].Database!.Password!.Reveal());
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var error = Assert.Throws<ConfigurationException>(() => pipeline.Resolve("cluster"));
        Assert.Equal(
            "env/pipeline.yml:2: stages[0].database: '${secret:SDTEST_URL}' has no value: others may read the file '.supabase-deploy/secrets/SDTEST_URL'; make it yours alone with 'chmod 600'.",
            error.Message);
    }

    [Fact]
    public void The_value_of_a_secret_is_never_shown_when_it_cannot_be_used()
    {
        using var url = new EnvironmentVariable("SDTEST_URL", "hunter2");
        DeploymentPipeline pipeline = Load("application: a\nstages: [{ name: cluster, target: kubernetes, database: '${secret:SDTEST_URL}', health: { endpoints: [{ name: a, url: '${SDTEST_URL}' }] } }]");

        var error = Assert.Throws<ConfigurationException>(() => pipeline.Resolve("cluster"));

        Assert.Equal(
            """
            The configuration has 2 problems:
              env/pipeline.yml:2: stages[0].database: the value of '${secret:SDTEST_URL}' cannot be used. The database URL cannot be used: it is not of the form 'postgresql://user@host:port/database'.
              env/pipeline.yml:2: stages[0].health.endpoints[0].url: the value of '${SDTEST_URL}' cannot be used; expected an 'http://' or 'https://' URL, or a path like '/' in the environment's own web root.
            """,
            error.Message);
    }

    [Theory]
    [InlineData("stagign", " Did you mean 'staging'?")]
    [InlineData("x*", "")]
    public void A_name_that_no_stage_has_is_refused(string pattern, string suggestion)
    {
        DeploymentPipeline pipeline = Load(ThreeStages);
        var error = Assert.Throws<DeployException>(() => pipeline.Resolve(pattern));

        Assert.Equal(ErrorTable.EnvironmentNotFound, error.Code);
        Assert.Equal($"There is no environment '{pattern}' in '{Project.PipelineFile}'.{suggestion}", error.Message);
        Assert.Equal("Give 'local', 'staging' or 'production'.", error.Remedy);
    }

    [Theory]
    [InlineData("*", "staging", true)]
    [InlineData("STAGING", "staging", true)]
    [InlineData("s?aging", "staging", true)]
    [InlineData("[a-s]*", "staging", true)]
    [InlineData("[a-c]*", "staging", false)]
    [InlineData("stag", "staging", false)]
    [InlineData("stag[", "stag", false)]
    [InlineData("a.c*", "abcd", false)]
    public void Patterns_are_PowerShells(string pattern, string name, bool matches) =>
        Assert.Equal(matches, NamePattern.Matches(name, pattern));

    [Fact]
    public void Variables_are_what_Flutter_reads_without_the_editors_schema()
    {
        _folder.Write("env/local.json", """
            {
              "$schema": "./environment.schema.json",
              "API_URL": "http://127.0.0.1:54321",
              "SUPABASE_ANON_KEY": "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2ln",
              "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_0123456789",
              "PUBLIC_MAP_TOKEN": "pk.abc",
              "PASSWORD_MIN_LENGTH": 12,
              "TIMEOUT": 1.50,
              "DEBUG": true
            }
            """);

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["API_URL"] = "http://127.0.0.1:54321",
                ["SUPABASE_ANON_KEY"] = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2ln",
                ["SUPABASE_PUBLISHABLE_KEY"] = "sb_publishable_0123456789",
                ["PUBLIC_MAP_TOKEN"] = "pk.abc",
                ["PASSWORD_MIN_LENGTH"] = "12",
                ["TIMEOUT"] = "1.50",
                ["DEBUG"] = "true",
            },
            Load(ThreeStages).Resolve("local")[0].Variables);
    }

    [Fact]
    public void A_byte_order_mark_is_no_problem_and_two_dollars_stand_for_one()
    {
        _folder.Write("env/local.json", "\uFEFF{}");
        DeploymentPipeline pipeline = Load("\uFEFFapplication: a\nstages: [{ name: local, target: local, backup: { store: 'a$${B}' } }]");

        Assert.Equal(Path.Combine(_folder.Path, "a${B}"), pipeline.Resolve("local")[0].Backup.Store);
    }

    private DeploymentPipeline Load(string yaml)
    {
        _folder.Write("env/pipeline.yml", yaml);
        return DeploymentPipeline.Load(Project);
    }

    /// <summary>Set for one test. Every test uses names of its own or runs in this one class, one after the other.</summary>
    private sealed class EnvironmentVariable : IDisposable
    {
        private readonly string _name;

        public EnvironmentVariable(string name, string value)
        {
            _name = name;
            System.Environment.SetEnvironmentVariable(name, value);
        }

        public void Dispose() => System.Environment.SetEnvironmentVariable(_name, null);
    }
}
