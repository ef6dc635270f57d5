using Microsoft.Extensions.Time.Testing;
using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class LedgerTests : IAsyncLifetime
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 22, 12, 0, 0, 123, TimeSpan.Zero);

    private PublishedApplication _application = null!;

    public async ValueTask InitializeAsync() => _application = await PublishedApplication.CreateAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task Reading_a_ledger_that_is_not_there_creates_nothing()
    {
        Ledger ledger = _application.Ledger("staging");

        Assert.Empty(await ledger.GetDeploymentsAsync(CancellationToken.None));
        Assert.Empty(await ledger.GetEvidenceAsync(CancellationToken.None));
        Assert.Null(await ledger.GetCurrentReleaseAsync(CancellationToken.None));
        Assert.False(await _application.Database("staging").ScalarAsync<bool>("select to_regnamespace('supabase_deploy') is not null"));
    }

    [Theory]
    [InlineData("update supabase_deploy.deployments set status = 'Failed'")]
    [InlineData("delete from supabase_deploy.steps")]
    [InlineData("update supabase_deploy.steps set message = ''")]
    [InlineData("update supabase_deploy.evidence set passed = false")]
    [InlineData("delete from supabase_deploy.evidence")]
    [InlineData("truncate supabase_deploy.evidence")]
    [InlineData("update supabase_deploy.evidence_head set hash = ''")]
    [InlineData("delete from supabase_deploy.evidence_head")]
    [InlineData("update supabase_deploy.releases set manifest = ''")]
    public async Task What_is_finished_is_never_changed(string sql)
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));

        PostgresException e = await Assert.ThrowsAsync<PostgresException>(() => _application.Database("staging").ExecuteAsync(sql));

        Assert.Contains("is append-only", e.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_table_of_it_refuses_changes_by_the_role_that_deploys_which_owns_it()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        TestDatabase database = _application.Database("staging");
        string deploying = await database.ScalarAsync<string>("select current_user::text");
        string tables = await database.ScalarAsync<string>(
            """
            select string_agg(format('%s:%s', c.relname, pg_get_userbyid(c.relowner)), ' ' order by c.relname)
            from pg_class c where c.relnamespace = 'supabase_deploy'::regnamespace and c.relkind = 'r'
            """);
        // The history of the schema's own versions, and what is by its nature replaced: the schema that drift is measured by.
        string[] replaced = ["recorded_schema", "schema_version"];
        string[] recorded = [.. tables.Split(' ').Select(table => table.Split(':')[0]).Except(replaced)];

        Assert.Equal(["deployments", "events", "evidence", "evidence_head", "releases", "steps"], recorded);
        Assert.All(tables.Split(' '), table => Assert.EndsWith($":{deploying}", table, StringComparison.Ordinal));
        foreach (string table in recorded)
        {
            Assert.Equal(
                "BEFORE DELETE UPDATE, BEFORE TRUNCATE",
                await database.ScalarAsync<string>(
                    $"""
                    select string_agg(distinct timing, ', ' order by timing) from (
                        select 'BEFORE ' || case when t.tgtype & 32 <> 0 then 'TRUNCATE' else 'DELETE UPDATE' end as timing
                        from pg_trigger t where t.tgrelid = 'supabase_deploy.{table}'::regclass and t.tgfoid = 'supabase_deploy.refuse_change'::regproc and t.tgenabled = 'O') each
                    """));
        }
    }

    [Fact]
    public async Task No_object_of_it_is_open_to_the_API_roles_or_to_everybody()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));

        // 0 is PUBLIC.
        Assert.Equal("", await _application.Database("staging").ScalarAsync<string>(
            """
            select coalesce(string_agg(format('%s: %s', what, coalesce(pg_get_userbyid(nullif(grantee, 0)), 'public')), ', '), '') from (
                select 'schema ' || n.nspname as what, (aclexplode(n.nspacl)).grantee from pg_namespace n where n.nspname = 'supabase_deploy'
                union all
                select c.relname, (aclexplode(coalesce(c.relacl, acldefault('r', c.relowner)))).grantee from pg_class c where c.relnamespace = 'supabase_deploy'::regnamespace and c.relkind in ('r', 'v')
                union all
                select p.proname, (aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))).grantee from pg_proc p where p.pronamespace = 'supabase_deploy'::regnamespace
            ) open where grantee = 0 or pg_get_userbyid(grantee) in ('anon', 'authenticated', 'service_role', 'authenticator')
            """));
    }

    [Theory]
    [InlineData("anon")]
    [InlineData("authenticated")]
    [InlineData("service_role")]
    public async Task The_API_roles_see_nothing_of_it(string role)
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));

        PostgresException e = await Assert.ThrowsAsync<PostgresException>(
            () => _application.Database("staging").ExecuteAsync($"set role {role}; select * from supabase_deploy.deployments"));

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, e.SqlState);
    }

    [Fact]
    public async Task Evidence_chains_by_hash_and_a_change_behind_its_back_is_reported()
    {
        Release release = await _application.ReleaseAsync(1);
        Ledger ledger = _application.Ledger("staging");
        Evidence first = await ledger.RecordEvidenceAsync("tests", release, true, "12 passed", s_now, CancellationToken.None);
        Evidence second = await ledger.RecordEvidenceAsync("load", release, false, "p95 was 900 ms", s_now, CancellationToken.None);
        Assert.Equal(Evidence.FirstPreviousHash, first.PreviousHash);
        Assert.Equal(first.Hash, second.PreviousHash);
        Assert.Equal([first, second], await ledger.GetEvidenceAsync(CancellationToken.None));

        await _application.Database("staging").ExecuteAsync(
            """
            alter table supabase_deploy.evidence disable trigger user;
            update supabase_deploy.evidence set passed = true where sequence = 2;
            alter table supabase_deploy.evidence enable trigger user;
            """);

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ledger.GetEvidenceAsync(CancellationToken.None));
        Assert.Equal(ErrorTable.LedgerBroken, e.Code);
        Assert.Contains("row 2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evidence_without_the_note_of_its_last_row_is_reported()
    {
        Ledger ledger = _application.Ledger("staging");
        await ledger.RecordEvidenceAsync("tests", await _application.ReleaseAsync(1), true, "{}", s_now, CancellationToken.None);
        await _application.Database("staging").ExecuteAsync(
            "alter table supabase_deploy.evidence_head disable trigger user; delete from supabase_deploy.evidence_head; alter table supabase_deploy.evidence_head enable trigger user");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ledger.GetEvidenceAsync(CancellationToken.None));

        Assert.Equal(ErrorTable.LedgerBroken, e.Code);
    }

    [Fact]
    public async Task A_ledger_that_was_kept_by_an_older_module_is_whole_when_it_comes_back()
    {
        Ledger ledger = _application.Ledger("staging");
        Release release = await _application.ReleaseAsync(1);
        await ledger.RecordEvidenceAsync("tests", release, true, "{}", s_now, CancellationToken.None);
        LedgerImage kept = await Ledger.KeepAsync(ledger.Database, CancellationToken.None);
        var older = new LedgerImage([.. kept.Tables.Where(table => table.Name is not ("evidence_head" or "events" or "recorded_schema"))]);

        await Ledger.BringBackAsync(older, ledger.Database, CancellationToken.None);

        Assert.Single(await ledger.GetEvidenceAsync(CancellationToken.None));
        await ledger.RecordEvidenceAsync("load", release, true, "{}", s_now, CancellationToken.None);
        Assert.Equal(2, (await ledger.GetEvidenceAsync(CancellationToken.None)).Count);
    }

    [Fact]
    public async Task A_deployment_that_begins_while_the_ledger_is_read_is_seen_whole_or_not_at_all()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        await using NpgsqlConnection other = await _application.Database("staging").Application.OpenAsync(CancellationToken.None);
        await using NpgsqlTransaction begun = await other.BeginTransactionAsync();
        await other.ExecuteAsync("lock table supabase_deploy.steps in access exclusive mode", CancellationToken.None);

        Task<IReadOnlyList<Deployment>> reading = _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None);
        await Wait.UntilAsync(() => _application.Database("staging").ScalarAsync<bool>(
            "select exists (select from pg_locks where not granted and relation = 'supabase_deploy.steps'::regclass)"));
        await other.ExecuteAsync(
            """
            insert into supabase_deploy.releases (id, application, manifest, created_at) select repeat('a', 64), application, manifest, created_at from supabase_deploy.releases;
            insert into supabase_deploy.deployments (id, number, kind, status, release_id, changed, requested_by, started_at, plan)
            select gen_random_uuid(), 2, kind, 'Running', repeat('a', 64), false, requested_by, started_at, plan from supabase_deploy.deployments
            """,
            CancellationToken.None);
        await begun.CommitAsync();

        Assert.Equal(DeploymentStatus.Succeeded, Assert.Single(await reading).Status);
    }

    [Theory]
    [InlineData("delete from supabase_deploy.evidence where sequence = 3", 3)]
    [InlineData("delete from supabase_deploy.evidence where sequence > 1", 3)]
    [InlineData("delete from supabase_deploy.evidence", 3)]
    [InlineData("truncate supabase_deploy.evidence", 3)]
    public async Task That_the_end_of_the_chain_was_taken_away_is_reported_also_after_it_went_on(string sql, int missing)
    {
        Release release = await _application.ReleaseAsync(1);
        Ledger ledger = _application.Ledger("staging");
        foreach (string kind in (string[])["tests", "load", "approval"])
        {
            await ledger.RecordEvidenceAsync(kind, release, kind != "approval", "{}", s_now, CancellationToken.None);
        }

        Assert.Equal(3, (await ledger.GetEvidenceAsync(CancellationToken.None)).Count);

        await _application.Database("staging").ExecuteAsync(
            $"alter table supabase_deploy.evidence disable trigger user; {sql}; alter table supabase_deploy.evidence enable trigger user");

        for (int more = 0; more < 4; more++)
        {
            DeployException e = await Assert.ThrowsAsync<DeployException>(() => ledger.GetEvidenceAsync(CancellationToken.None));
            Assert.Equal(ErrorTable.LedgerBroken, e.Code);
            Assert.Contains($"row {missing}, which was the last one, is not there any more", e.Message, StringComparison.Ordinal);
            await ledger.RecordEvidenceAsync("tests", release, true, "{}", s_now, CancellationToken.None);
        }

        await Assert.ThrowsAsync<DeployException>(() => _application.PublishAsync("staging", release));
    }

    [Fact]
    public async Task The_way_out_names_no_command_that_a_hosted_project_refuses()
    {
        await _application.Ledger("staging").RecordEvidenceAsync("tests", await _application.ReleaseAsync(1), false, "{}", s_now, default);
        await _application.Database("staging").ExecuteAsync("alter table supabase_deploy.evidence disable trigger user; update supabase_deploy.evidence set passed = true");
        var hosted = new Ledger(_application.Environment("staging") with { Target = TargetKind.SupabaseCloud }, _application.Database("staging").Application);

        Assert.Contains("Restore-Deployment staging -Backup latest", (await _application.Ledger("staging").FindBreakAsync(default))!.Remedy, StringComparison.Ordinal);
        string? remedy = (await hosted.FindBreakAsync(default))!.Remedy;
        Assert.Contains("'Restore-Deployment staging -RestorePoint <name>'", remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("-Backup", remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("Backup-", remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ledger_from_before_there_was_a_head_is_read_and_has_one_when_it_is_written_again()
    {
        Release release = await _application.ReleaseAsync(1);
        Ledger ledger = _application.Ledger("staging");
        TestDatabase database = _application.Database("staging");
        await ledger.RecordEvidenceAsync("tests", release, true, "{}", s_now, CancellationToken.None);
        await database.ExecuteAsync(
            """
            drop table supabase_deploy.evidence_head;
            drop function supabase_deploy.remember_head() cascade;
            alter table supabase_deploy.recorded_schema drop column stamp;
            delete from supabase_deploy.schema_version where version >= 6;
            """);

        Assert.Single(await ledger.GetEvidenceAsync(CancellationToken.None));
        await ledger.RecordEvidenceAsync("load", release, true, "{}", s_now, CancellationToken.None);

        Assert.Equal(2, await database.ScalarAsync<long>("select sequence from supabase_deploy.evidence_head"));
        Assert.Equal(2, (await ledger.GetEvidenceAsync(CancellationToken.None)).Count);
    }

    [Theory]
    [InlineData("deployments", "requested_by = 'mallory'")]
    [InlineData("deployments", "release_id = null")]
    [InlineData("deployments", "plan = '{}', status = 'Failed', finished_at = now()")]
    [InlineData("deployments", "started_at = now()")]
    [InlineData("steps", "name = 'nothing'")]
    [InlineData("steps", "started_at = now(), status = 'Succeeded'")]
    public async Task What_still_runs_changes_only_by_ending(string table, string change)
    {
        Deployment published = await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        var step = new DeploymentStep("migrate", StepStatus.Running, s_now, null, null);
        await _application.Ledger("staging").BeginAsync(published with { Id = Guid.NewGuid(), StartedAt = s_now, Steps = [step] }, default);
        TestDatabase database = _application.Database("staging");

        PostgresException e = await Assert.ThrowsAsync<PostgresException>(
            () => database.ExecuteAsync($"update supabase_deploy.{table} set {change} where status = 'Running'"));

        Assert.Contains("is append-only", e.MessageText, StringComparison.Ordinal);
        await database.ExecuteAsync(
            """
            update supabase_deploy.steps set status = 'Failed', finished_at = now(), message = 'x' where status = 'Running';
            update supabase_deploy.deployments set status = 'Failed', finished_at = now(), reason = 'x', lockout = 'x', changed = true where status = 'Running';
            """);
    }

    [Theory]
    [InlineData(-2 * 3600, "2 h behind")]
    [InlineData(300, "5 min ahead")]
    public async Task A_machine_whose_clock_is_wrong_records_nothing_that_gates_ask_for_but_goes_back(int seconds, string how)
    {
        Deployment published = await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        Deployment next = published with { Id = Guid.NewGuid(), StartedAt = s_now, Steps = [] };
        var wrong = new Ledger(_application.Environment("staging"), _application.Database("staging").Application)
        {
            Machine = new FakeTimeProvider(DateTimeOffset.UtcNow.AddSeconds(seconds)),
        };

        DeployException publish = await Assert.ThrowsAsync<DeployException>(() => wrong.BeginAsync(next, default));
        DeployException evidence = await Assert.ThrowsAsync<DeployException>(
            () => wrong.RecordEvidenceAsync("approval", published.Release!, true, "{}", s_now, default));

        foreach (DeployException e in (DeployException[])[publish, evidence])
        {
            Assert.Equal(ErrorTable.ClocksDiffer, e.Code);
            Assert.Matches($@"^The clock of this machine is {how} that of the database server of 'staging': here it is \S+ \S+Z, there \S+ \S+Z\. ", e.Message);
        }

        Assert.Single(await wrong.GetDeploymentsAsync(default));
        Assert.Single(await wrong.GetEvidenceAsync(default));
        Assert.Equal(2, (await wrong.BeginAsync(next with { Kind = DeploymentKind.Rollback }, default)).Number);
    }

    [Fact]
    public async Task A_clock_that_is_some_seconds_off_records()
    {
        var near = new Ledger(_application.Environment("staging"), _application.Database("staging").Application)
        {
            Machine = new FakeTimeProvider(DateTimeOffset.UtcNow.AddSeconds(-10)),
        };

        await near.RecordEvidenceAsync("tests", await _application.ReleaseAsync(1), true, "{}", s_now, default);

        Assert.Single(await near.GetEvidenceAsync(default));
    }

    [Fact]
    public async Task Evidence_that_is_recorded_by_several_at_once_keeps_the_chain_whole()
    {
        Release release = await _application.ReleaseAsync(1);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async writer =>
        {
            for (int each = 0; each < 10; each++)
            {
                await _application.Ledger("staging").RecordEvidenceAsync("tests", release, true, $"{writer}.{each}", s_now, CancellationToken.None);
                await _application.Ledger("staging").GetEvidenceAsync(CancellationToken.None);
            }
        }));

        IReadOnlyList<Evidence> chain = await _application.Ledger("staging").GetEvidenceAsync(CancellationToken.None);

        Assert.Equal(Enumerable.Range(1, 40).Select(sequence => (long)sequence), chain.Select(fact => fact.Sequence));
        Assert.Equal(40, chain.Select(fact => fact.Content).Distinct().Count());
        Assert.Equal(40, await _application.Database("staging").ScalarAsync<long>("select sequence from supabase_deploy.evidence_head"));
    }

    [Fact]
    public async Task A_ledger_is_carried_over_whole_also_by_a_superuser()
    {
        TestDatabase from = _application.Database("staging");
        TestDatabase to = _application.Database("production");
        Release first = await _application.ReleaseAsync(1);
        await _application.PublishAsync("staging", first);
        await _application.PublishAsync("production", first);
        await _application.PublishAsync("staging", await _application.ReleaseAsync(2));

        await using IAsyncDisposable closed = await Ledger.CarryOverAsync(from.Administration, to.Administration, CancellationToken.None);

        IReadOnlyList<Deployment> expected = await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None);
        IReadOnlyList<Deployment> carried = await _application.Ledger("production").GetDeploymentsAsync(CancellationToken.None);
        Assert.Equal(expected.Select(deployment => (deployment.Id, deployment.Number)), carried.Select(deployment => (deployment.Id, deployment.Number)));
        Assert.Equal(expected.SelectMany(deployment => deployment.Steps), carried.SelectMany(deployment => deployment.Steps));
        Assert.Equal(
            await _application.Ledger("staging").GetEvidenceAsync(CancellationToken.None),
            await _application.Ledger("production").GetEvidenceAsync(CancellationToken.None));
        await Assert.ThrowsAsync<PostgresException>(() => to.ExecuteAsync("delete from supabase_deploy.evidence"));
        await to.ExecuteAsync(
            "alter table supabase_deploy.evidence disable trigger user; delete from supabase_deploy.evidence where sequence = (select max(sequence) from supabase_deploy.evidence)");
        await Assert.ThrowsAsync<DeployException>(() => _application.Ledger("production").GetEvidenceAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_ledger_carried_into_a_database_without_one_belongs_to_the_migrating_role()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));

        await using IAsyncDisposable closed = await Ledger.CarryOverAsync(_application.Database("staging").Administration, _application.Database("production").Administration, CancellationToken.None);

        Assert.Equal("postgres", await _application.Database("production").ScalarAsync<string>("select tableowner::text from pg_tables where schemaname = 'supabase_deploy' and tablename = 'deployments'"));
    }

    [Fact]
    public async Task A_kept_ledger_replaces_an_earlier_state_of_itself_and_nothing_that_holds_more()
    {
        Ledger ledger = _application.Ledger("staging");
        DatabaseAddress other = _application.Database("production").Application;
        Ledger brought = _application.Ledger("production");
        Deployment published = await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        var step = new DeploymentStep("migrate", StepStatus.Running, s_now, null, null);
        Deployment open = await ledger.BeginAsync(published with { Id = Guid.NewGuid(), StartedAt = s_now, Steps = [step] }, default);
        LedgerImage earlier = await Ledger.KeepAsync(ledger.Database, default);
        await ledger.FinishAsync(
            open with { Status = DeploymentStatus.Failed, FinishedAt = s_now, Steps = [step with { Status = StepStatus.Failed, Duration = TimeSpan.Zero }] }, null, default);
        LedgerImage later = await Ledger.KeepAsync(ledger.Database, default);

        await Ledger.BringBackAsync(earlier, other, default);
        await Ledger.BringBackAsync(later, other, default);
        await Ledger.BringBackAsync(later, other, default);
        Assert.Equal([DeploymentStatus.Succeeded, DeploymentStatus.Failed], (await brought.GetDeploymentsAsync(default)).Select(each => each.Status));
        Assert.Contains("deployment 2 (Publish, by ", await RefusalAsync(earlier), StringComparison.Ordinal);

        await brought.RecordEventsAsync(published.Id, [new LedgerEvent(0, LedgerEvent.Caution, "Look.", "ada", s_now)], default);
        Assert.Contains("event 'caution' (by ada)", await RefusalAsync(later), StringComparison.OrdinalIgnoreCase);
        await brought.RecordEvidenceAsync("approval", published.Release!, true, "{}", s_now, default);
        Assert.Contains("evidence 'approval' of 2026-11-22 12:00:00Z", await RefusalAsync(later), StringComparison.Ordinal);
        Assert.Equal("approval", (await brought.GetEvidenceAsync(default))[^1].Kind);
        await Assert.ThrowsAsync<PostgresException>(() => _application.Database("production").ExecuteAsync("truncate supabase_deploy.events"));

        async Task<string> RefusalAsync(LedgerImage image)
        {
            DeployException refused = await Assert.ThrowsAsync<DeployException>(() => Ledger.BringBackAsync(image, other, default));
            Assert.Equal(ErrorTable.LedgerWentOn, refused.Code);
            return refused.Message;
        }
    }

    [Fact]
    public async Task A_ledger_of_a_newer_module_is_refused()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        await _application.Database("staging").ExecuteAsync("insert into supabase_deploy.schema_version (version) values (99)");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None));

        Assert.Equal(ErrorTable.LedgerTooNew, e.Code);
    }
}
