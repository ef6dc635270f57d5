using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Targets.SupabaseCloud;

/// <summary>Settings and secrets of a project, key by key.</summary>
public sealed class CloudConfigurationTests : IAsyncLifetime
{
    private CloudApplication _application = null!;

    private IPlaceConfiguration Configuration => _application.Target.Configuration!;

    public async ValueTask InitializeAsync()
    {
        _application = await CloudApplication.CreateAsync();
        _application.Secret("MAIL", "hunter2");
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task Declared_keys_that_differ_are_planned_by_the_APIs_names_and_no_others()
    {
        IReadOnlyList<ConfigurationChange> plan = await PlanAsync("""
            configuration:
              set:
                auth.enable_signup: false
                auth.site_url: http://localhost:3000
                auth.jwt_expiry: 900
                auth.additional_redirect_urls: ["https://a.example", "https://b.example"]
                auth.email.max_frequency: 1m
                auth.external.github.enabled: true
                auth.password_hibp_enabled: true
                api.schemas: [public]
                db.settings.max_connections: 80
            """);
        Assert.Equal(
            [
                "api.db_schema: \"public,graphql_public\" → \"public\"",
                "auth.disable_signup: false → true",
                "auth.external_github_enabled: not set → true",
                "auth.jwt_exp: 3600 → 900",
                "auth.password_hibp_enabled: not set → true",
                "auth.smtp_max_frequency: not set → 60",
                "auth.uri_allow_list: not set → \"https://a.example,https://b.example\"",
                "database.max_connections: not set → 80",
            ],
            plan.Select(change => change.ToString()));
        Assert.Equal(["api.db_schema", "auth.disable_signup", "auth.external_github_enabled", "auth.jwt_exp", "auth.password_hibp_enabled", "auth.uri_allow_list"], plan.Where(change => change.IsDangerous).Select(change => change.Key));
        Assert.Equal("decides whether anybody can become a user", plan[1].Remark);
    }

    [Fact]
    public async Task Applied_settings_are_as_declared_and_go_back_and_nothing_else_moved()
    {
        string before = _application.Staging.Auth.ToJsonString();
        _application.Staging.Postgres["work_mem"] = "64MB";
        IReadOnlyList<ConfigurationChange> plan = await PlanAsync("configuration: { set: { auth.jwt_expiry: 900, db.settings.max_connections: 80, auth.email.enable_confirmations: true } }");
        Assert.Equal(2, plan.Count);
        await Configuration.ApplyAsync(plan, _application.Sink, default);
        Assert.Equal("900", _application.Staging.Auth["jwt_exp"]!.ToJsonString());
        Assert.Equal("""{"work_mem":"64MB","max_connections":80}""", _application.Staging.Postgres.ToJsonString());
        Assert.Empty(await Configuration.PlanAsync(await _application.ReleaseAsync(), default));

        await Configuration.ApplyAsync([.. plan.Where(change => change.Key.StartsWith("auth.", StringComparison.Ordinal)).Select(change => change.Reverse())], _application.Sink, default);
        Assert.Equal(before, _application.Staging.Auth.ToJsonString());
    }

    [Fact]
    public async Task A_setting_of_the_database_that_was_not_set_goes_back_to_not_set()
    {
        _application.Staging.Postgres["work_mem"] = "64MB";
        IReadOnlyList<ConfigurationChange> plan = await PlanAsync("configuration: { set: { db.settings.max_connections: 80 } }");
        await Configuration.ApplyAsync(plan, _application.Sink, default);
        ConfigurationChange[] back = [.. plan.Select(change => change.Reverse())];
        await Configuration.ApplyAsync(back, _application.Sink, default);
        Assert.Equal("""{"work_mem":"64MB"}""", _application.Staging.Postgres.ToJsonString());
        Assert.DoesNotContain(_application.Sink.Events, each => each is Caution);

        _application.Staging.Postgres["max_connections"] = 80;
        _application.Staging.PostgresDefaults["max_connections"] = 60;
        await Configuration.ApplyAsync(back, _application.Sink, default);
        Assert.Contains("'database.max_connections'", Assert.Single(_application.Sink.Events.OfType<Caution>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_platform_does_not_have_is_named_at_once_and_nothing_is_sent()
    {
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => PlanAsync(
            "configuration: { set: { auth.colour: red, auth.jwt_expiry: soon, api.max_rows: 10 } }"));
        Assert.Equal(ErrorTable.CloudSettingInvalid, failure.Code);
        Assert.Contains("'auth.colour' is no setting that this platform's services have; 'auth.jwt_exp' is declared as \"soon\", expected a number", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, _application.Api.Count("v1-update-postgrest-service-config"));

        failure = await Assert.ThrowsAsync<DeployException>(() => PlanAsync("configuration: { set: { studio.port: 1, auth.enable_signup: maybe } }"));
        Assert.Contains("'studio.port' is no setting", failure.Message, StringComparison.Ordinal);
        Assert.Contains("expected true or false", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_setting_is_compared_by_its_digest_and_never_shown()
    {
        const string Settings = "configuration: { set: { auth.email.smtp.pass: \"${secret:MAIL}\" } }";
        ConfigurationChange change = Assert.Single(await PlanAsync(Settings));
        Assert.Equal("auth.smtp_pass: set from the secret store", change.ToString());
        await Configuration.ApplyAsync([change], _application.Sink, default);
        Assert.Equal("\"hunter2\"", _application.Staging.Auth["smtp_pass"]!.ToJsonString());

        // The platform shows a digest instead.
        _application.Staging.Auth["smtp_pass"] = Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(System.Text.Encoding.UTF8.GetBytes(_application.Staging.Reference), "hunter2"u8));
        Assert.Empty(await PlanAsync(Settings));
        Assert.DoesNotContain("hunter2", string.Join('\n', _application.Sink.Events), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_are_set_where_they_are_missing_or_other_and_removed_only_when_named()
    {
        _application.Staging.AddSecret("STALE", "old");
        _application.Staging.AddSecret("ORPHAN", "kept");
        _application.Staging.AddSecret("GONE", "x");
        IReadOnlyList<ConfigurationChange> plan = await PlanAsync("secrets: { MAIL_KEY: \"${secret:MAIL}\", STALE: \"${secret:MAIL}\" }\nremoveSecrets: [GONE, NEVER_THERE]");
        Assert.Equal(["secret.GONE True", "secret.MAIL_KEY False", "secret.STALE False"], plan.Select(change => $"{change.Key} {change.IsDangerous}"));
        Assert.All(plan, change => Assert.Equal((true, null, null), (change.IsSecret, change.OldValue, change.NewValue)));

        _application.Staging.ListsBehind = 2;
        await Configuration.ApplyAsync(plan, _application.Sink, default);
        Assert.Equal(["MAIL_KEY=hunter2", "ORPHAN=kept", "STALE=hunter2"], _application.Staging.Secrets.Select(secret => $"{secret.Key}={secret.Value}"));
        _application.Staging.ListsBehind = 0;
        Assert.Empty(await Configuration.PlanAsync(await _application.ReleaseAsync(), default));

        PlaceInspection inspection = await _application.Target.InspectAsync(await _application.ReleaseAsync(), default);
        PlaceFact fact = inspection.Facts.Single(fact => fact.Name == "secrets");
        Assert.Equal(PlaceVerdict.Doubtful, fact.Verdict);
        Assert.Contains("nobody declared: ORPHAN.", fact.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", string.Join('\n', _application.Sink.Events) + string.Join('\n', inspection.Facts), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_project_says_before_a_deployment_what_stands_against_it()
    {
        _application.Staging.IsReadOnly = true;
        PlaceInspection inspection = await _application.Target.InspectAsync(await _application.ReleaseAsync(), default);
        Assert.Equal(6_000_000_000, inspection.FreeSpace);
        Assert.Contains(inspection.Facts, fact => fact is { Name: "read-only", Verdict: PlaceVerdict.Bad });
        Assert.Contains(inspection.Facts, fact => fact.Name == "connection" && fact.Message.Contains("DNS, TCP, TLS (disable) and authentication work: declared", StringComparison.Ordinal));

        _application.Staging.Status = "INACTIVE";
        _application.Declare("hosting: { bucket: web }");
        PlaceFact paused = Assert.Single((await _application.Target.InspectAsync(await _application.ReleaseAsync(), default)).Facts);
        Assert.Equal(PlaceVerdict.Bad, paused.Verdict);
        Assert.Contains("Resume the project", paused.Remedy, StringComparison.Ordinal);
    }

    private async Task<IReadOnlyList<ConfigurationChange>> PlanAsync(string settings)
    {
        _application.Declare(settings);
        return await Configuration.PlanAsync(await _application.ReleaseAsync(), default);
    }
}
