using SupabaseDeploy.Environments;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Environments;

/// <summary>What a stage declares for the hosted platform, resolved.</summary>
public sealed class CloudSettingsTests : IDisposable
{
    private const string Pipeline = """
        application: courses
        stages:
          - name: staging
            target: supabase-cloud
            project: abcdefghijklmnopqrst
            accessToken: ${secret:TOKEN}
            api: http://127.0.0.1:8080
            certificate: env/authority.pem
            secrets: { STRIPE_KEY: "${secret:STRIPE}", GREETING: "hello ${secret:STRIPE}" }
            removeSecrets: [OLD_KEY]
            hosting: { command: [deploy, --folder, "{bundle}"], variables: { HOST_TOKEN: "${secret:TOKEN}" }, url: "https://app.example" }

        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_key_gets_its_value_and_no_secret_a_text()
    {
        Secret("TOKEN", "sbp_x");
        Secret("STRIPE", "sk_hunter2");
        CloudSettings cloud = Load(Pipeline).Cloud;

        Assert.Equal("sbp_x", cloud.AccessToken!.Reveal());
        Assert.Equal(new Uri("http://127.0.0.1:8080/"), cloud.Api);
        Assert.Equal(Path.Combine(_folder.Path, "env", "authority.pem"), cloud.Certificate);
        Assert.Equal(["STRIPE_KEY=sk_hunter2", "GREETING=hello sk_hunter2"], cloud.Secrets.Select(secret => $"{secret.Key}={secret.Value.Reveal()}"));
        Assert.Equal(["OLD_KEY"], cloud.RemoveSecrets);
        Assert.Equal(["deploy", "--folder", "{bundle}"], cloud.Hosting!.Command);
        Assert.Equal(new Uri("https://app.example/"), cloud.Hosting.Url);
        Assert.DoesNotContain("hunter2", $"{cloud} {cloud.Hosting}", StringComparison.Ordinal);
    }

    [Fact]
    public void A_hosted_stage_needs_nothing_but_its_project()
    {
        DeploymentEnvironment staging = Load("application: courses\nstages:\n  - { name: staging, target: supabase-cloud, project: abcdefghijklmnopqrst }\n");
        Assert.Null(staging.Database);
        Assert.Equal(new CloudSettings().ToString(), staging.Cloud.ToString());
        Assert.DoesNotContain(EnvironmentTest.Run(new ProjectFolder(_folder.Path), ["*"]), test => test.Severity != ConfigurationSeverity.Ok);
    }

    [Fact]
    public void A_secret_that_is_too_long_for_the_platform_is_refused()
    {
        Secret("TOKEN", "x");
        Secret("STRIPE", new string('x', 24577));
        var error = Assert.Throws<ConfigurationException>(() => Load(Pipeline));
        Assert.Contains("has 24577 characters; expected at most 24576", error.Message, StringComparison.Ordinal);
    }

    private void Secret(string name, string value)
    {
        string path = _folder.Write($".supabase-deploy/secrets/{name}", value);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private DeploymentEnvironment Load(string pipeline)
    {
        _folder.Write("env/pipeline.yml", pipeline);
        return Assert.Single(DeploymentPipeline.Load(new ProjectFolder(_folder.Path)).Resolve("staging"));
    }
}
