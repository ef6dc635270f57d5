using System.Text.Json;
using SupabaseDeploy.Core.Tests.LocalStack;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Releases;

public sealed class ReleaseTesterTests : IAsyncLifetime
{
    private PublishedApplication _application = null!;

    public async ValueTask InitializeAsync() => _application = await PublishedApplication.CreateAsync("gates: { evidence: [rehearsal] }");

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task A_rehearsal_is_evidence_with_figures_that_opens_the_gate()
    {
        Release release = await _application.ReleaseAsync(1);

        ReleaseTest test = await TestAsync(release, "production", ReleaseCheck.Rehearsal);

        Assert.True(test.IsPassed, test.Message);
        Evidence evidence = Assert.Single(await _application.Ledger("production").GetEvidenceAsync(CancellationToken.None));
        Assert.Equal(("rehearsal", release.Id, "production", true), (evidence.Kind, evidence.ReleaseId, evidence.EnvironmentName, evidence.IsPassed));
        Assert.Equal(test.Message, evidence.Summary);
        using JsonDocument figures = JsonDocument.Parse(evidence.Content);
        Assert.Equal(1, figures.RootElement.GetProperty("migrations").GetInt32());
        Assert.Equal("001", Assert.Single(figures.RootElement.GetProperty("versions").EnumerateArray()).GetString());
        Assert.Equal(2, figures.RootElement.GetProperty("statements").GetInt32());
        Assert.Equal(DeploymentStatus.Succeeded, (await _application.PublishAsync("production", release)).Status);
    }

    [Fact]
    public async Task A_plan_shows_the_locks_and_the_time_of_the_rehearsal()
    {
        Release first = await _application.ReleaseAsync(1);
        Assert.Null((await PlanAsync(first)).Rehearsal);
        await TestAsync(first, "production", ReleaseCheck.Rehearsal);
        DeploymentPlan planned = await PlanAsync(first);
        PlannedStep migrate = planned.Steps.Single(step => step.Name == StepName.Migrate);
        Assert.Equal((true, "the rehearsal", "Down scripts, newest first."), (migrate.Expected > TimeSpan.Zero, migrate.ExpectedBy, migrate.Undo));
        Assert.Empty(planned.Locks); // What a migration makes itself nobody uses yet.
        await _application.PublishAsync("production", first);

        _application.Write("migrations/002_wider.sql", "alter table public.t1 alter column id type bigint;");
        Release second = await _application.ReleaseAsync();
        BlockingLock foretold = Assert.Single((await LockForecast.ForeseeAsync(await PlanAsync(second), _application.Sink, CancellationToken.None)).Locks);
        await TestAsync(second, "production", ReleaseCheck.Rehearsal);
        DeploymentPlan wider = await PlanAsync(second);

        BlockingLock seen = Assert.Single(wider.Locks);
        Assert.Equal(("002", "002_wider.sql", 1, BlockedAccess.ReadsAndWrites), (foretold.Version, foretold.File, foretold.Line, foretold.Blocks));
        Assert.Contains("by rule column-type-change", $"{foretold}", StringComparison.Ordinal);
        Assert.Equal(("002", "public.t1", BlockedAccess.ReadsAndWrites), (seen.Version, seen.Relation, seen.Blocks));
        Assert.Equal("002_wider.sql:1 takes ACCESS EXCLUSIVE on public.t1: reads and writes wait for less than 1 s", $"{seen}");
        Assert.Equal("the last deployments", wider.ExpectedBy);
        Assert.Equal("Not at all: a down script is missing or does not restore, and no backup is taken before.", wider.Steps.Single(step => step.Name == StepName.Migrate).Undo);
        Assert.Same(wider, await LockForecast.ForeseeAsync(wider, _application.Sink, CancellationToken.None));
    }

    [Fact]
    public async Task A_rehearsal_that_fails_is_recorded_and_keeps_the_gate_closed()
    {
        _application.Write("migrations/001_bad.sql", "alter table missing add column a int;");
        _application.Write("build/web/index.html", "ready");
        Release release = await _application.ReleaseAsync();

        ReleaseTest test = await TestAsync(release, "production", ReleaseCheck.Rehearsal);

        Assert.False(test.IsPassed);
        Assert.Contains("\"missing\" does not exist", test.Message, StringComparison.Ordinal);
        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => _application.PublishAsync("production", release));
        Assert.Contains("speaks against it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deno_checks_the_types_of_the_releases_own_copy_of_every_function()
    {
        LocalRuntimes runtimes = await RealRuntimes.RuntimesAsync("deno");
        _application.Write("supabase/functions/_shared/greet.ts", "export const greet = (name: string): string => `Hello ${name}`;\n");
        _application.Write("supabase/functions/good/index.ts", "import { greet } from '@shared/greet.ts';\nDeno.serve(() => new Response(greet('you')));\n");
        _application.Write("supabase/functions/good/deno.json", """{ "imports": { "@shared/": "../_shared/" } }""");
        Release good = await _application.ReleaseAsync(1);
        _application.Write("supabase/functions/bad/index.ts", "const count: number = 'seven';\nDeno.serve(() => new Response(String(count)));\n");
        Release bad = await _application.ReleaseAsync(1);

        ReleaseTest passed = await TestAsync(good, "staging", ReleaseCheck.Functions, runtimes);
        ReleaseTest failed = await TestAsync(bad, "staging", ReleaseCheck.Functions, runtimes);

        Assert.True(passed.IsPassed, passed.Message);
        Assert.False(failed.IsPassed);
        Assert.Contains("TS2322", Assert.Single(failed.Problems), StringComparison.Ordinal);
        await ReleaseStore.VerifyAsync(good, CancellationToken.None);
        Assert.Equal([true, false], (await _application.Ledger("staging").GetEvidenceAsync(CancellationToken.None)).Select(fact => fact.IsPassed));
    }

    private Task<DeploymentPlan> PlanAsync(Release release) =>
        _application.Planner.PlanPublishAsync(_application.Environment("production"), release, false, CancellationToken.None);

    [Fact]
    public async Task The_commands_are_told_whole()
    {
        _application.Write("supabase/functions/plain/index.ts", "");
        _application.Write("supabase/functions/mapped/index.ts", "");
        _application.Write("supabase/functions/mapped/import_map.json", "{}");
        _application.Write("supabase/functions/own/index.ts", "");
        _application.Write("supabase/functions/own/deno.json", "{}");
        Release release = await _application.ReleaseAsync(1);

        Assert.Equal(
            [
                "check --quiet --no-lock --node-modules-dir=none --allow-import --no-config --import-map=supabase/functions/mapped/import_map.json supabase/functions/mapped/index.ts",
                "check --quiet --no-lock --node-modules-dir=none --allow-import --config=supabase/functions/own/deno.json supabase/functions/own/index.ts",
                "check --quiet --no-lock --node-modules-dir=none --allow-import --no-config supabase/functions/plain/index.ts",
            ],
            release.Functions.Select(function => string.Join(' ', FunctionsCheck.Arguments(function))));
    }

    [Fact]
    public async Task Tests_of_a_work_tree_say_nothing_of_a_release_that_is_not_checked_out()
    {
        Release release = await _application.ReleaseAsync(1);
        _application.Write("pubspec.yaml", "name: courses");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => TestAsync(release, "staging", ReleaseCheck.Flutter));

        Assert.Equal(ErrorTable.ReleaseNotTestable, e.Code);
        Assert.Empty(await _application.Ledger("staging").GetEvidenceAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Many_that_record_at_once_make_one_unbroken_chain()
    {
        Release release = await _application.ReleaseAsync(1);
        await Task.WhenAll(Enumerable.Range(0, 12).Select(number => Task.Run(() => _application.Ledger("staging")
            .RecordEvidenceAsync(Evidence.Tests, release, true, $"{number}", DateTimeOffset.UtcNow, CancellationToken.None))));

        Assert.Equal(Enumerable.Range(1, 12).Select(number => (long)number), (await _application.Ledger("staging").GetEvidenceAsync(CancellationToken.None)).Select(fact => fact.Sequence));
    }

    private async Task<ReleaseTest> TestAsync(Release release, string environment, string check, LocalRuntimes? runtimes = null)
    {
        var tests = new List<ReleaseTest>();
        await new ReleaseTester(_application.Project, _application.Targets, runtimes)
            .RunAsync(release, _application.Environment(environment), [check], tests.Add, _application.Sink, CancellationToken.None);
        return tests.Single();
    }
}
