using Microsoft.Extensions.Time.Testing;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Targets.SupabaseCloud;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Targets.SupabaseCloud;

/// <summary>What the client does when the platform does not answer as one would like.</summary>
public sealed class ManagementApiTroubleTests
{
    private readonly SkippingTime _time = new();
    private readonly CollectingSink _sink = new();

    [Fact]
    public async Task Too_many_requests_are_waited_for_as_the_answer_asks()
    {
        await using ManagementApiServer server = await ManagementApiServer.StartAsync();
        ManagementApi api = Api(server);
        server.Trouble("v1-get-project", ManagementApiTrouble.TooMany(7), Reset("11.5"), Reset("NaN"));
        await api.GetProjectAsync(default);
        Assert.Equal([TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(11.5)], Waits()[..2]);
        Assert.InRange(Waits()[2], TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(20));
        Assert.Equal(4, server.Count("v1-get-project"));
    }

    [Fact]
    public async Task The_time_to_wait_for_goes_before_the_end_of_the_window()
    {
        await using ManagementApiServer server = await ManagementApiServer.StartAsync();
        server.Trouble("v1-get-project", Reset("50") with { Headers = new Dictionary<string, string> { ["Retry-After"] = "3", ["X-RateLimit-Reset"] = "50" } });
        await Api(server).GetProjectAsync(default);
        Assert.Equal(TimeSpan.FromSeconds(3), Assert.Single(Waits()));
    }

    [Fact]
    public async Task A_wait_that_would_be_too_long_is_left_to_a_person()
    {
        await using ManagementApiServer server = await ManagementApiServer.StartAsync();
        server.Trouble("v1-get-project", ManagementApiTrouble.TooMany(3600));
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => Api(server).GetProjectAsync(default));
        Assert.Equal(ErrorTable.ApiRateLimited, failure.Code);
        Assert.Equal("Wait 3600 s and run the command again.", failure.Remedy);
        Assert.Equal(1, server.Count("v1-get-project"));
    }

    [Fact]
    public async Task What_may_be_asked_twice_is_asked_again_when_the_platform_fails_or_the_answer_is_lost()
    {
        await using ManagementApiServer server = await ManagementApiServer.StartAsync();
        ManagementApi api = Api(server);
        server.Trouble("v1-bulk-create-secrets", new ManagementApiTrouble { Status = 500 }, new ManagementApiTrouble { IsCut = true, IsDoneFirst = true });
        await api.SetSecretsAsync([new NewCloudSecret("A", new Secret("1"))], default);
        Assert.Equal(3, server.Count("v1-bulk-create-secrets"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_must_not_be_done_twice_is_not_asked_again(bool isCut)
    {
        await using ManagementApiServer server = await ManagementApiServer.StartAsync();
        ManagementApi api = Api(server);
        server.Trouble("v1-create-restore-point", new ManagementApiTrouble { Status = 503, IsCut = isCut, IsDoneFirst = true });
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => api.CreateRestorePointAsync("sd-1", default));
        Assert.Equal(isCut ? ErrorTable.ApiUnreachable : ErrorTable.ApiUnavailable, failure.Code);
        Assert.Contains("not sent twice", failure.Remedy, StringComparison.Ordinal);
        Assert.Equal(1, server.Count("v1-create-restore-point"));
    }

    [Fact]
    public async Task Even_that_is_asked_again_after_too_many_requests()
    {
        await using ManagementApiServer server = await ManagementApiServer.StartAsync();
        server.Trouble("v1-create-restore-point", ManagementApiTrouble.TooMany(1));
        Assert.Equal("AVAILABLE", (await Api(server).CreateRestorePointAsync("sd-1", default)).Status);
    }

    [Fact]
    public async Task A_platform_that_goes_on_failing_is_given_up_with_the_id_of_the_request()
    {
        await using ManagementApiServer server = await ManagementApiServer.StartAsync();
        server.Trouble("v1-get-project", [.. Enumerable.Repeat(new ManagementApiTrouble { Status = 500, Message = "Failed to retrieve project" }, 9)]);
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => Api(server).GetProjectAsync(default));
        Assert.Equal(ErrorTable.ApiUnavailable, failure.Code);
        Assert.Matches(@"failed at 'GET /v1/projects/\{ref\}' \(500, request request-\d+\): Failed to retrieve project", failure.Message);
        Assert.Equal(1 + ApiRetries.Limit, server.Count("v1-get-project"));
    }

    [Theory]
    [InlineData(403, "ApiForbidden", "edge_functions_secrets_read")]
    [InlineData(404, "ApiNotFound", "Check 'project'")]
    [InlineData(402, "ApiPlanLimit", "plan")]
    [InlineData(400, "ApiRequestRefused", "Correct what the answer names")]
    public async Task Each_refusal_is_one_error_that_says_what_to_do(int status, string id, string remedy)
    {
        await using ManagementApiServer server = await ManagementApiServer.StartAsync();
        ManagementApi api = Api(server);
        // The file has no 402 for lists of secrets, but has it for functions.
        bool isPlan = status == 402;
        server.Trouble(isPlan ? "v1-bulk-update-functions" : "v1-list-all-secrets", new ManagementApiTrouble { Status = status, Message = "No." });
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => isPlan ? api.ActivateFunctionsAsync([], default) : api.ListSecretsAsync(default));
        Assert.Equal(id, failure.Code.Id);
        Assert.EndsWith("No.", failure.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_token_is_named_and_not_shown()
    {
        await using ManagementApiServer server = await ManagementApiServer.StartAsync();
        ManagementApi api = Api(server);
        Secret revoked = server.Token;
        server.Token = new Secret("sbp_another");
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => api.GetProjectAsync(default));
        Assert.Equal(ErrorTable.ApiTokenRefused, failure.Code);
        Assert.Contains("SUPABASE_ACCESS_TOKEN", failure.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain(revoked.Reveal(), failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_that_the_platform_repeats_is_not_shown_not_even_where_its_words_are_cut()
    {
        await using ManagementApiServer server = await ManagementApiServer.StartAsync();
        string value = "hunter2" + new string('x', 40);
        server.Trouble("v1-bulk-create-secrets", new ManagementApiTrouble { Status = 400, Message = $"{new string('.', 480)}{value} is too weak" });
        server.Trouble("v1-update-auth-service-config", new ManagementApiTrouble { Status = 400, Message = $"smtp_pass: {value} is too weak" });

        ManagementApi api = Api(server);
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => api.SetSecretsAsync([new NewCloudSecret("KEY", new Secret(value))], default));
        Assert.DoesNotContain("hunter2", failure.ToString(), StringComparison.Ordinal);
        failure = await Assert.ThrowsAsync<DeployException>(() => api.UpdateSettingsAsync(CloudService.Auth, new() { ["smtp_pass"] = System.Text.Json.JsonSerializer.SerializeToElement(value) }, [new Secret(value)], default));
        Assert.EndsWith("smtp_pass: *** is too weak", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_the_platform_repeats_is_not_shown()
    {
        await using ManagementApiServer server = await ManagementApiServer.StartAsync();
        server.Trouble("v1-get-project", new ManagementApiTrouble { Status = 403, Message = $"Token {server.Token.Reveal()} lacks rights" });
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => Api(server).GetProjectAsync(default));
        Assert.EndsWith("Token *** lacks rights", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Token.Reveal(), string.Join('\n', _sink.Events), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_platform_that_cannot_be_reached_is_said_so()
    {
        ManagementApiServer server = await ManagementApiServer.StartAsync();
        ManagementApi api = Api(server);
        await server.DisposeAsync();
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => api.GetProjectAsync(default));
        Assert.Equal(ErrorTable.ApiUnreachable, failure.Code);
        Assert.Equal(ApiRetries.Limit, Waits().Count);
    }

    [Fact]
    public void Without_a_token_it_is_said_where_to_get_one()
    {
        DeployException failure = Assert.Throws<DeployException>(() => ApiAccess.Of(new DeploymentEnvironment
        {
            Name = "staging",
            Target = TargetKind.SupabaseCloud,
            Application = "courses",
            Project = new ProjectFolder("/nowhere"),
            MigrationsFolder = "/nowhere/migrations",
        }));
        Assert.Equal(ErrorTable.ApiTokenMissing, failure.Code);
        Assert.Contains("https://supabase.com/dashboard/account/tokens", failure.Remedy, StringComparison.Ordinal);
    }

    private static ManagementApiTrouble Reset(string seconds) => new() { Status = 429, Headers = new Dictionary<string, string> { ["X-RateLimit-Reset"] = seconds } };

    // The limit of the whole request is a wait as well.
    private List<TimeSpan> Waits() => [.. _time.Waits.Where(wait => wait < TimeSpan.FromMinutes(1))];

    [Fact]
    public async Task A_platform_that_gives_no_answer_is_given_up_by_the_clock_of_the_command()
    {
        await using ManagementApiServer server = await ManagementApiServer.StartAsync();
        server.Trouble("v1-get-project", new ManagementApiTrouble { IsSilent = true });
        var time = new FakeTimeProvider();
        Task asking = Api(server, time).GetProjectAsync(default);

        await Wait.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(30));
            return asking.IsCompleted;
        });

        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => asking);
        Assert.Contains("there was no answer in time", failure.Message, StringComparison.Ordinal);
    }

    private ManagementApi Api(ManagementApiServer server, TimeProvider? time = null) =>
        new(new ApiConnection(new ApiAccess(server.Address, server.Token), time ?? _time, _sink), server.AddProject().Reference);
}
