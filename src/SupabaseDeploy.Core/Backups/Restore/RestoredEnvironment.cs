using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Backups;

/// <summary>What is done once the restored database is the live one: the web bundle that goes with it, the health, and what going back has cost.</summary>
internal sealed class RestoredEnvironment(
    DatabaseAddress maintenance, IDeploymentTarget target, HealthChecker health, DeploymentBackup backup, DeploymentOptions options, IProgressSink sink)
{
    private static readonly TimeSpan s_measureLimit = TimeSpan.FromMinutes(5);

    /// <summary>Serves the web bundle of the backup's release again.</summary>
    public async Task<string> PutWebBackAsync(Release? release, CancellationToken cancellationToken)
    {
        if (release is null)
        {
            return backup.Release is null ? "The backup is older than the first release; the web root stays as it is." : $"Release {backup.Release} is not known here; the web root stays as it is.";
        }

        if (await target.GetWebUrlAsync(cancellationToken).ConfigureAwait(false) is null)
        {
            return "There is no web root.";
        }

        string? served = await target.GetServedReleaseAsync(cancellationToken).ConfigureAwait(false);
        string? wanted = release.Web is null ? null : release.Id;
        if (served == wanted)
        {
            return wanted is null ? "The web root serves no release, as it should." : $"The web root serves {release.ShortId} already.";
        }

        if (wanted is null)
        {
            await target.WithdrawWebAsync(sink, cancellationToken).ConfigureAwait(false);
            return $"The web root serves no release: {release.ShortId} has no web bundle.";
        }

        if (new ReleaseStore(backup.Environment.Project).FindExactly(wanted) is not { } stored)
        {
            sink.Publish(new Caution($"The web root serves '{served}', but the data is of release '{release.ShortId}', which is not stored on this machine."));
            return $"Release {release.ShortId} is not stored here; the web root stays as it is.";
        }

        await target.PublishWebAsync(stored, sink, cancellationToken).ConfigureAwait(false);
        return $"The web root serves {release.ShortId} again.";
    }

    /// <exception cref="DeployException"><see cref="ErrorTable.RequirementNotMet"/>: it is not healthy.</exception>
    public async Task<string> MeasureHealthAsync(Release? release, CancellationToken cancellationToken)
    {
        DeploymentHealth measured = await health.WaitAsync(backup.Environment, release, HealthStatus.Degraded, options.HealthLimit, sink, cancellationToken).ConfigureAwait(false);
        string summary = string.Join("; ", measured.Checks.Where(check => check.Status != HealthStatus.Healthy).Select(check => $"{check.Check}: {check.Message}"));
        return measured.Status == HealthStatus.Failed
            ? throw new DeployException(ErrorTable.RequirementNotMet, $"'{backup.Environment}' is not healthy: {summary}", $"See 'Test-DeploymentHealth {backup.Environment}'.", backup.Environment)
            : summary.Length == 0 ? "Healthy." : $"{measured.Status}: {summary}";
    }

    /// <summary>
    /// Counts what the replaced database has and the restored one has not: only now can nobody write into it any more. The data is back whether
    /// this can be counted or not.
    /// </summary>
    public async Task MeasureLossAsync(RestoreEntry entry, DateTimeOffset switchedAt, RestoreRun run)
    {
        using var limit = new CancellationTokenSource(s_measureLimit);
        try
        {
            await run.StepAsync(
                "loss",
                async token =>
                {
                    var replaced = new ReplacedDatabase(maintenance, entry.Previous);
                    string? slots = await replaced.DescribeSlotsAsync(token).ConfigureAwait(false);
                    if (slots is not null)
                    {
                        sink.Publish(new Caution($"Database '{entry.Previous}' was replaced. {slots}"));
                    }

                    var loss = MeasuredLoss.Between(await replaced.CountRowsAsync(token).ConfigureAwait(false), backup.Manifest.Tables, backup.ConsistentAt, switchedAt);
                    await run.NoteLossAsync($"{loss} All of it is still in database '{entry.Previous}'. {slots}".TrimEnd(), token).ConfigureAwait(false);
                    return loss.ToString();
                },
                limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or DeployException or OperationCanceledException)
        {
            sink.Publish(new Caution($"What the restore has lost could not be counted in '{entry.Previous}': {e.Message}"));
        }
    }
}
