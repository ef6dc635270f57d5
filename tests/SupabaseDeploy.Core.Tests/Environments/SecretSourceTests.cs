using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Environments;

/// <summary>Where <c>${secret:NAME}</c> is looked for, in which order, and what is said when it is nowhere.</summary>
public sealed class SecretSourceTests : IDisposable
{
    private const UnixFileMode Mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_first_place_that_has_it_gives_it()
    {
        Program("echo \"command $1\"");
        DeploymentPipeline pipeline = Load("{ command: [./tool, '{name}'], vault: team }", "SDSOURCE_A", "SDSOURCE_B", "SDSOURCE_C", "SDSOURCE_D");
        AtomicFile.WriteAllText(new ProjectFolder(_folder.Path).SecretFile("SDSOURCE_A"), "file", Mine);
        AtomicFile.WriteAllText(new ProjectFolder(_folder.Path).SecretFile("SDSOURCE_B"), "file", Mine);
        System.Environment.SetEnvironmentVariable("SDSOURCE_A", "environment");
        try
        {
            var vault = new Vault("vault");
            Assert.Equal(["environment", "file", "command SDSOURCE_C", "command SDSOURCE_D"], Values(pipeline, vault));
            Assert.Empty(vault.Asked);

            Program("echo no such item >&2; exit 3");
            Assert.Equal(["environment", "file", "vault SDSOURCE_C", "vault SDSOURCE_D"], Values(pipeline, vault));
            Assert.Equal(["team SDSOURCE_C", "team SDSOURCE_D"], vault.Asked);
        }
        finally
        {
            System.Environment.SetEnvironmentVariable("SDSOURCE_A", null);
        }
    }

    [Fact]
    public void An_environment_says_where_its_secrets_came_from()
    {
        Program("echo hunter2");
        AtomicFile.WriteAllText(new ProjectFolder(_folder.Path).SecretFile("SDSOURCE_B"), "hunter2", Mine);
        DeploymentEnvironment environment = Load("{ command: [./tool, '{name}'] }", "SDSOURCE_C", "SDSOURCE_B").Resolve("cloud")[0];

        Assert.Equal([new SecretOrigin("SDSOURCE_B", "file"), new SecretOrigin("SDSOURCE_C", "command")], environment.SecretOrigins);
        EnvironmentTest ok = Assert.Single(EnvironmentTest.Run(environment.Project, ["cloud"]));
        Assert.Equal(ConfigurationSeverity.Ok, ok.Severity);
        Assert.Equal("The configuration is valid and every reference has a value. Secrets: SDSOURCE_B (file), SDSOURCE_C (command).", ok.Message);
    }

    [Fact]
    public void Every_place_that_was_asked_is_named_for_every_secret_at_once()
    {
        Program("echo hunter2; echo first >&2; echo \"no item $2\" >&2; exit 3");
        DeploymentPipeline pipeline = Load("{ command: [./tool, read, '{name}'], vault: team }", "SDSOURCE_A", "SDSOURCE_B");

        var error = Assert.Throws<ConfigurationException>(() => pipeline.Resolve("cloud"));

        Assert.Equal(ErrorTable.UnresolvedReference, error.Code);
        Assert.Equal(
            """
            The configuration has 2 problems:
              env/pipeline.yml:8: stages[0].secrets.S0: '${secret:SDSOURCE_A}' has no value: the environment variable 'SDSOURCE_A' is not set, there is no file '.supabase-deploy/secrets/SDSOURCE_A', './tool read SDSOURCE_A' ended with exit code 3 (no item SDSOURCE_A) and the vault 'team' can be asked from PowerShell only.
              env/pipeline.yml:9: stages[0].secrets.S1: '${secret:SDSOURCE_B}' has no value: the environment variable 'SDSOURCE_B' is not set, there is no file '.supabase-deploy/secrets/SDSOURCE_B', './tool read SDSOURCE_B' ended with exit code 3 (no item SDSOURCE_B) and the vault 'team' can be asked from PowerShell only.
            """,
            error.Message);
        Assert.Contains("'.supabase-deploy/secrets/NAME' (chmod 600), what the command of 'secrets' reads, or 'Set-Secret -Vault VAULT -Name NAME'", error.Remedy);
    }

    [Theory]
    [InlineData("printf ''", "'./tool SDSOURCE_A' wrote nothing.")]
    [InlineData("printf '\\n'", "'./tool SDSOURCE_A' wrote nothing.")]
    [InlineData("echo hunter2; exit 1", "'./tool SDSOURCE_A' ended with exit code 1.")]
    [InlineData("printf hunter2; read answer; exec tail -f /dev/null", "'./tool SDSOURCE_A' did not end within 700ms.")]
    public void A_command_that_gives_no_value_is_a_reason_without_its_output(string script, string reason)
    {
        Program(script);
        var error = Assert.Throws<ConfigurationException>(() => Load("{ command: [./tool, '{name}'], timeout: 700ms }", "SDSOURCE_A").Resolve("cloud"));
        Assert.EndsWith($".supabase-deploy/secrets/SDSOURCE_A' and {reason}", error.Message);
        Assert.DoesNotContain("hunter2", error.ToString());
    }

    [Fact]
    public void A_command_that_is_not_there_is_a_reason()
    {
        var error = Assert.Throws<ConfigurationException>(() => Load("{ command: [no-such-password-manager, '{name}'] }", "SDSOURCE_A").Resolve("cloud"));
        Assert.EndsWith("and 'no-such-password-manager SDSOURCE_A' cannot be run, as the program was not found.", error.Message);

        _folder.Write("tool", "not a program");
        error = Assert.Throws<ConfigurationException>(() => Load("{ command: [./tool, '{name}'] }", "SDSOURCE_A").Resolve("cloud"));
        Assert.EndsWith("and './tool SDSOURCE_A' cannot be started.", error.Message);
    }

    [Theory]
    [InlineData("printf 'a\\nb\\n'", "a\nb")]
    [InlineData("printf 'a\\r\\n'", "a")]
    [InlineData("printf ' a \\n\\n'", " a \n")]
    [InlineData("printf 'a'; echo warning >&2", "a")]
    [InlineData("printf 'äß'", "äß")]
    [InlineData("printf '%s' \"$SDSOURCE_OWN $PWD\"", "inherited {project}")]
    public void The_value_is_the_output_without_its_last_line_break(string script, string value)
    {
        Program(script);
        System.Environment.SetEnvironmentVariable("SDSOURCE_OWN", "inherited");
        DeploymentEnvironment environment = Load("{ command: [./tool, '{name}'] }", "SDSOURCE_A").Resolve("cloud")[0];
        Assert.Equal(value.Replace("{project}", _folder.Path, StringComparison.Ordinal), environment.Cloud.Secrets["S0"].Reveal());
    }

    [Fact]
    public void A_secret_is_asked_for_once_in_one_command()
    {
        Program("echo x >> asked; echo hunter2");
        DeploymentPipeline pipeline = Load("{ command: [./tool, '{name}'] }", "SDSOURCE_A", "SDSOURCE_A", "SDSOURCE_B");
        var sink = new CollectingSink();
        using (new SecretLookup { Sink = sink }.Enter(CancellationToken.None))
        {
            pipeline.Resolve("cloud");
            pipeline.Resolve("cloud");
        }

        Assert.Equal(2, File.ReadAllLines(Path.Combine(_folder.Path, "asked")).Length);
        Assert.Equal(
            ["SDSOURCE_A", "", "SDSOURCE_B", ""],
            sink.Events.Select(told => told is ActivityProgress { Activity: "Read secrets", Status: "Asking './tool'", Operation: var name } ? name : told is ActivityCompleted { Activity: "Read secrets" } ? "" : $"{told}"));
    }

    [Fact]
    public void Nothing_is_started_while_a_word_is_completed()
    {
        Program("echo x >> asked; echo hunter2");
        DeploymentPipeline pipeline = Load("{ command: [./tool, '{name}'], vault: team }", "SDSOURCE_A");
        var vault = new Vault("vault");
        using (new SecretLookup { IsQuiet = true, Vault = vault }.Enter(CancellationToken.None))
        {
            var error = Assert.Throws<ConfigurationException>(() => pipeline.Resolve("cloud"));
            Assert.EndsWith("'./tool SDSOURCE_A' is not run here and the vault 'team' is not asked here.", error.Message);
        }

        Assert.Empty(vault.Asked);
        Assert.False(File.Exists(Path.Combine(_folder.Path, "asked")));
    }

    [Fact]
    public void Who_stops_the_command_does_not_wait_for_the_password_manager()
    {
        Program("exec tail -f /dev/null");
        DeploymentPipeline pipeline = Load("{ command: [./tool, '{name}'], timeout: 1h }", "SDSOURCE_A");
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        using (new SecretLookup().Enter(stop.Token))
        {
            Assert.ThrowsAny<OperationCanceledException>(() => pipeline.Resolve("cloud"));
        }
    }

    [Fact]
    public void Arguments_are_as_they_were_written()
    {
        var project = new ProjectFolder(_folder.Path);
        Assert.Equal(["op", "read", "op://a vault/NAME", "$(x)", "NAME-NAME"], Command("op", "read", "op://a vault/{name}", "$(x)", "{name}-{name}"));
        Assert.Equal([Path.Combine(_folder.Path, "tools", "get"), "NAME"], Command("tools/get", "{name}"));

        string[] Command(params string[] written)
        {
            (string program, IReadOnlyList<string> arguments) = CommandSecrets.Command(project, written, "NAME");
            return [program, .. arguments];
        }
    }

    private static string[] Values(DeploymentPipeline pipeline, Vault vault)
    {
        using IDisposable entered = new SecretLookup { Vault = vault }.Enter(CancellationToken.None);
        return [.. pipeline.Resolve("cloud")[0].Cloud.Secrets.OrderBy(secret => secret.Key, StringComparer.Ordinal).Select(secret => secret.Value.Reveal())];
    }

    private void Program(string script) =>
        File.SetUnixFileMode(_folder.Write("tool", $"#!/bin/sh\n{script}\n"), Mine | UnixFileMode.UserExecute);

    private DeploymentPipeline Load(string sources, params string[] secrets)
    {
        _folder.Write("env/pipeline.yml", $$"""
            application: courses
            secrets: {{sources}}
            stages:
              - name: cloud
                target: supabase-cloud
                project: abcdefghijklmnopqrst
                secrets:
            {{string.Concat(secrets.Select((secret, index) => $"      S{index}: ${{secret:{secret}}}\n"))}}
            """);
        return DeploymentPipeline.Load(new ProjectFolder(_folder.Path));
    }

    private sealed class Vault(string prefix) : ISecretVault
    {
        public List<string> Asked { get; } = [];

        public SecretAnswer Read(string vault, string name)
        {
            Asked.Add($"{vault} {name}");
            return SecretAnswer.Found(new Secret($"{prefix} {name}"));
        }
    }
}
