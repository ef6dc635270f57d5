using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Targets.SupabaseCloud;

/// <summary>Functions of a project: what is kept, what is switched, and what becomes of those that no release brought.</summary>
public sealed class CloudFunctionsTests : IAsyncLifetime
{
    private const string Path = "supabase/functions/hello/index.ts";

    private readonly Guid _deployment = Guid.NewGuid();
    private CloudApplication _application = null!;

    private IPlaceFunctions Functions => _application.Target.Functions!;

    public async ValueTask InitializeAsync()
    {
        _application = await CloudApplication.CreateAsync();
        // A publish has made the ledger's schema before it comes to functions.
        await _application.Database.ExecuteAsync("create schema if not exists supabase_deploy");
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task What_a_release_brought_is_known_by_its_digest_until_somebody_else_deploys_it()
    {
        Release release = await DeployAsync("export const v = 1;");
        Assert.Equal([new DeployedFunction("hello", release.Functions[0].Digest)], await Functions.ListAsync(default));

        _application.Staging.AddFunction("hello", "by hand");
        Assert.Equal([new DeployedFunction("hello", null)], await Functions.ListAsync(default));
    }

    [Fact]
    public async Task A_function_that_no_release_brought_is_downloaded_first_and_put_back()
    {
        _application.Staging.AddFunction("hello", "by hand");
        await DeployAsync("export const v = 1;");
        Assert.Equal("export const v = 1;", _application.Staging.Source("hello", Path));

        Assert.Equal(["hello"], await Functions.GoBackAsync(_deployment, _application.Sink, default));
        Assert.Equal("by hand", _application.Staging.Source("hello", "index.ts"));
        Assert.Equal([new DeployedFunction("hello", null)], await Functions.ListAsync(default));
        Assert.Empty(await Functions.GoBackAsync(_deployment, _application.Sink, default));
    }

    [Fact]
    public async Task What_was_kept_first_stays_when_a_deployment_is_run_again()
    {
        await DeployAsync("export const v = 1;");
        var second = Guid.NewGuid();
        Release release = await ReleaseAsync("export const v = 2;");
        var change = new FunctionChange(release, ["hello"], []);
        await Functions.ApplyAsync(change, second, _application.Sink, default);
        await Functions.ApplyAsync(change, second, _application.Sink, default);

        await Functions.GoBackAsync(second, _application.Sink, default);
        Assert.Equal("export const v = 1;", _application.Staging.Source("hello", Path));
    }

    [Fact]
    public async Task Removed_functions_come_back_and_added_ones_go()
    {
        await DeployAsync("export const v = 1;");
        _application.WriteFunction("added", "export const a = 1;");
        Release release = await _application.ReleaseAsync();
        var second = Guid.NewGuid();
        await Functions.ApplyAsync(new FunctionChange(release, ["added"], ["hello"]), second, _application.Sink, default);
        Assert.Equal(["added"], _application.Staging.Slugs);

        Assert.Equal(["added", "hello"], await Functions.GoBackAsync(second, _application.Sink, default));
        Assert.Equal(["hello"], _application.Staging.Slugs);
    }

    [Fact]
    public async Task Lists_that_are_behind_are_waited_for()
    {
        _application.Staging.ListsBehind = 3;
        Release release = await DeployAsync("export const v = 1;");
        Assert.Equal([new DeployedFunction("hello", release.Functions[0].Digest)], await Functions.ListAsync(default));
    }

    [Fact]
    public async Task A_list_that_never_shows_the_new_function_is_an_error()
    {
        _application.Staging.ListsBehind = int.MaxValue;
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => DeployAsync("export const v = 1;"));
        Assert.Equal(ErrorTable.FunctionNotDeployed, failure.Code);
        Assert.Contains("'hello' is not the new one", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_are_activated_in_one_call_with_their_settings(bool isSilentAboutCallers)
    {
        _application.Staging.IsSilentAboutCallers = isSilentAboutCallers;
        _application.Write("supabase/config.toml", "[functions.hello]\nverify_jwt = false\n");
        _application.WriteFunction("other", "export const o = 1;");
        Release release = await ReleaseAsync("export const v = 1;");
        await Functions.ApplyAsync(new FunctionChange(release, ["hello", "other"], []), _deployment, _application.Sink, default);
        Assert.Equal(1, _application.Staging.Activations);
        Assert.Equal("false", _application.Staging.Setting("hello", "verify_jwt")!.ToJsonString());
        Assert.Equal("true", _application.Staging.Setting("other", "verify_jwt")!.ToJsonString());
    }

    [Fact]
    public async Task An_activation_whose_answer_is_lost_for_good_is_gone_back_from()
    {
        await DeployAsync("export const v = 1;");
        Release release = await ReleaseAsync("export const v = 2;");
        _application.Api.Trouble("v1-bulk-update-functions", [.. Enumerable.Repeat(new ManagementApiTrouble { IsCut = true, IsDoneFirst = true }, 5)]);
        var second = Guid.NewGuid();
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => Functions.ApplyAsync(new FunctionChange(release, ["hello"], []), second, _application.Sink, default));
        Assert.Equal(ErrorTable.ApiUnreachable, failure.Code);
        Assert.Equal("export const v = 2;", _application.Staging.Source("hello", Path));

        Assert.Equal(["hello"], await Functions.GoBackAsync(second, _application.Sink, default));
        Assert.Equal("export const v = 1;", _application.Staging.Source("hello", Path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_may_call_a_function_goes_back_too_though_its_sources_are_the_same(bool isAnswerLost)
    {
        Release first = await DeployAsync("export const v = 1;");
        _application.Write("supabase/config.toml", "[functions.hello]\nverify_jwt = false\n");
        Release second = await ReleaseAsync("export const v = 1;");
        var deployment = Guid.NewGuid();
        Task ApplyAsync() => Functions.ApplyAsync(new FunctionChange(second, ["hello"], []), deployment, _application.Sink, default);
        if (isAnswerLost)
        {
            // It is switched, and what is remembered is the one before.
            _application.Api.Trouble("v1-bulk-update-functions", [.. Enumerable.Repeat(new ManagementApiTrouble { IsCut = true, IsDoneFirst = true }, 5)]);
            await Assert.ThrowsAsync<DeployException>(ApplyAsync);
        }
        else
        {
            await ApplyAsync();
        }

        Assert.Equal([new DeployedFunction("hello", isAnswerLost ? null : second.Functions[0].Digest)], await Functions.ListAsync(default));
        Assert.Equal("false", _application.Staging.Setting("hello", "verify_jwt")!.ToJsonString());

        Assert.Equal(["hello"], await Functions.GoBackAsync(deployment, _application.Sink, default));
        Assert.Equal("true", _application.Staging.Setting("hello", "verify_jwt")!.ToJsonString());
        Assert.Equal([new DeployedFunction("hello", first.Functions[0].Digest)], await Functions.ListAsync(default));
        Assert.Empty(await Functions.GoBackAsync(deployment, _application.Sink, default));
    }

    [Fact]
    public async Task Only_the_last_deployments_are_kept()
    {
        for (int number = 1; number <= 7; number++)
        {
            Release release = await ReleaseAsync($"export const v = {number};");
            await Functions.ApplyAsync(new FunctionChange(release, ["hello"], []), Guid.NewGuid(), NullProgressSink.Instance, default);
        }

        Assert.Equal(5L, await _application.Database.ScalarAsync<long>("select count(distinct deployment) from supabase_deploy.kept_functions"));
    }

    private async Task<Release> DeployAsync(string source)
    {
        Release release = await ReleaseAsync(source);
        await Functions.ApplyAsync(new FunctionChange(release, ["hello"], []), _deployment, _application.Sink, default);
        return release;
    }

    private Task<Release> ReleaseAsync(string source)
    {
        _application.WriteFunction("hello", source);
        return _application.ReleaseAsync();
    }
}
