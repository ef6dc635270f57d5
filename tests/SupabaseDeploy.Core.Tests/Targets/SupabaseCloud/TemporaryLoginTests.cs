using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Targets.SupabaseCloud;

/// <summary>Deployments that outlive the role which the platform made for a short time: its sign-in ends for real, in a real server.</summary>
[Collection(ServerRoles.Collection)]
public sealed class TemporaryLoginTests : IAsyncLifetime
{
    private const string Role = "cli_login_postgres";

    private CloudApplication _application = null!;

    public async ValueTask InitializeAsync()
    {
        _application = await CloudApplication.CreateAsync("hosting: { bucket: web }");
        _application.LeavePasswordOut();
        _application.WriteMigration(1);
    }

    public async ValueTask DisposeAsync()
    {
        await ChangeAsync($"drop role if exists {Role}");
        await _application.DisposeAsync();
    }

    [Theory]
    [InlineData("valid until '2000-01-01'")]
    [InlineData("password 'another process made a new one'")]
    [InlineData("nologin")]
    public async Task A_publish_goes_on_with_a_new_login_when_its_own_has_ended(string end)
    {
        Release release = await _application.ReleaseAsync();
        var ending = new EndingSink(_application.Sink, StepName.Migrate, () => ChangeAsync($"alter role {Role} {end}"));

        Deployment deployment = await _application.PublishAsync(release, sink: ending);

        Assert.True(deployment.Status == DeploymentStatus.Succeeded, $"{deployment.Reason} {deployment.Failure}");
        Assert.Equal(2, _application.Api.Count("v1-create-login-role"));
        Assert.Equal("postgres", await _application.Database.ScalarAsync<string>("select tableowner::text from pg_tables where tablename = 't1'"));
        IReadOnlyList<Deployment> ledger = await new Ledger(_application.Environment, _application.Database.Application).GetDeploymentsAsync(default);
        Assert.Equal((DeploymentStatus.Succeeded, deployment.Steps.Count), (Assert.Single(ledger).Status, ledger[0].Steps.Count));
    }

    [Fact]
    public async Task A_file_outside_a_transaction_notes_what_ran_as_the_role_that_works_there()
    {
        _application.Write("migrations/002_index.sql", "-- pg-delta: transaction=false\ncreate index concurrently t1_id on public.t1 (id);\ncomment on index public.t1_id is 'one';\n");

        Deployment deployment = await _application.PublishAsync(await _application.ReleaseAsync());

        Assert.True(deployment.Status == DeploymentStatus.Succeeded, $"{deployment.Reason} {deployment.Failure}");
    }

    [Fact]
    public async Task The_way_back_goes_on_with_a_new_login_when_its_own_has_ended()
    {
        await _application.PublishAsync(await _application.ReleaseAsync());
        _application.WriteMigration(2);
        Release second = await _application.ReleaseAsync();
        _application.Staging.Services["auth"] = "UNHEALTHY";
        var ending = new EndingSink(_application.Sink, StepName.RollbackWeb, () => ChangeAsync($"alter role {Role} valid until '2000-01-01'"));

        Deployment deployment = await _application.PublishAsync(second, sink: ending);

        Assert.True(deployment.Status == DeploymentStatus.RolledBack, $"{deployment.Reason} {deployment.Failure}");
        Assert.False(await _application.Database.ScalarAsync<bool>("select to_regclass('public.t2') is not null"));
        IReadOnlyList<Deployment> ledger = await new Ledger(_application.Environment, _application.Database.Application).GetDeploymentsAsync(default);
        Assert.Equal([DeploymentStatus.Succeeded, DeploymentStatus.RolledBack], ledger.Select(each => each.Status));
    }

    [Fact]
    public async Task Several_that_are_refused_at_once_share_one_new_login()
    {
        DatabaseAddress database = await _application.Target.GetDatabaseAsync(default);
        await ChangeAsync($"alter role {Role} valid until '2000-01-01'");

        NpgsqlConnection[] connections = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => database.OpenAsync(default)));

        Assert.Equal(2, _application.Api.Count("v1-create-login-role"));
        foreach (NpgsqlConnection connection in connections)
        {
            await connection.DisposeAsync();
        }
    }

    private async Task ChangeAsync(string sql)
    {
        await using NpgsqlConnection connection = await _application.Database.Administration.OpenAsync(default);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Ends the login when a step has ended.</summary>
    private sealed class EndingSink(IProgressSink inner, string step, Func<Task> end) : IProgressSink
    {
        public void Publish(DeployEvent deployEvent)
        {
            inner.Publish(deployEvent);
            if (deployEvent is DeploymentStepEnded ended && ended.Step.Name == step)
            {
                end().GetAwaiter().GetResult();
            }
        }
    }
}
