using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Migrates many databases: the canary, then wave after wave, until all are done or too many have failed. Every database that was agreed to
/// gives one run, also one that failed or was not begun. Running it again goes on with those that are left.
/// </summary>
/// <param name="options">How many at once, and when to stop.</param>
/// <param name="makeRequest">What to do in one of them, once it is known where it is.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class MigrationFleet(
    FleetOptions options, Func<IDeploymentTarget, DatabaseAddress, MigrationRequest> makeRequest, TimeProvider? time = null)
{
    private static readonly TimeSpan s_lookLimit = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private int _failures;

    /// <summary>Runs. When it is cancelled, every database at work is rolled back and its lock is free before this returns.</summary>
    /// <param name="members">The databases, in the order of their turns.</param>
    /// <param name="agree">Asked of each database of a wave before the wave begins; false leaves it out without a run.</param>
    /// <param name="report">Told each run as soon as it is known, from any thread.</param>
    /// <param name="sink">Told of the progress.</param>
    /// <param name="cancellationToken">Stops all of them.</param>
    /// <returns>The runs that failed or were not begun; empty when all went well.</returns>
    public async Task<IReadOnlyList<MigrationRun>> RunAsync(
        IReadOnlyList<IDeploymentTarget> members,
        Func<IDeploymentTarget, Task<bool>> agree,
        Action<MigrationRun> report,
        IProgressSink sink,
        CancellationToken cancellationToken)
    {
        var unsuccessful = new List<MigrationRun>();
        void Report(MigrationRun run)
        {
            lock (_gate)
            {
                if (run.Failure is not null)
                {
                    _failures++;
                }

                if (run.Reason is not null)
                {
                    unsuccessful.Add(run);
                }
            }

            report(run);
        }

        bool isCanary = options.Canary > 0 && members.Count > 1;
        bool isStopped = false;
        foreach (FleetWave wave in FleetWave.Plan(members.Count, options))
        {
            IDeploymentTarget[] left = [.. members.Skip(wave.Start).Take(wave.Count)];
            if (!isStopped)
            {
                int limit = isCanary ? 1 : options.MaxFailures;
                string? activity = members.Count == 1 ? null : $"Migrate {members.Count} databases: {wave.Name}";
                left = await AgreedAsync(left, agree).ConfigureAwait(false);
                left = await RunWaveAsync(left, activity, limit, Report, sink, cancellationToken).ConfigureAwait(false);
                isStopped = _failures >= limit;
            }

            foreach (IDeploymentTarget target in left)
            {
                Report(NotStarted(target));
            }

            isCanary = false;
        }

        return unsuccessful;
    }

    private static async Task<IDeploymentTarget[]> AgreedAsync(IDeploymentTarget[] turn, Func<IDeploymentTarget, Task<bool>> agree)
    {
        var agreed = new List<IDeploymentTarget>();
        foreach (IDeploymentTarget target in turn)
        {
            if (await agree(target).ConfigureAwait(false))
            {
                agreed.Add(target);
            }
        }

        return [.. agreed];
    }

    /// <summary>Migrates the databases of one wave; those that were not begun are given back.</summary>
    private async Task<IDeploymentTarget[]> RunWaveAsync(
        IDeploymentTarget[] turn, string? activity, int limit, Action<MigrationRun> report, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (turn.Length == 0)
        {
            return turn;
        }

        using FleetProgress? progress = activity is null ? null : new FleetProgress(activity, turn.Length, sink, _time);
        var queue = new Queue<IDeploymentTarget>(turn);
        bool TryTake(out IDeploymentTarget? target)
        {
            lock (_gate)
            {
                target = null;
                return _failures < limit && queue.TryDequeue(out target);
            }
        }

        async Task WorkAsync()
        {
            while (TryTake(out IDeploymentTarget? target))
            {
                MigrationRun run = await MigrateAsync(target!, progress, sink, cancellationToken).ConfigureAwait(false);
                report(run);
                progress?.End(run.Failure is not null);
            }
        }

        // Whatever one of them throws, all have ended when this is over.
        await Task.WhenAll(Enumerable.Range(0, Math.Min(options.ThrottleLimit, turn.Length)).Select(_ => Task.Run(WorkAsync, CancellationToken.None))).ConfigureAwait(false);
        return [.. queue];
    }

    private async Task<MigrationRun> MigrateAsync(IDeploymentTarget target, FleetProgress? progress, IProgressSink sink, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var member = new FleetMemberSink(target.Environment.Name, progress, sink);
        DateTimeOffset startedAt = _time.GetUtcNow();
        long start = _time.GetTimestamp();
        DatabaseAddress? database = null;
        try
        {
            database = await target.GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
            return await new MigrationRunner(_time).ApplyAsync(makeRequest(target, database), member, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            DeployException failure = Describe(e);
            if (progress is not null)
            {
                sink.Publish(new Caution($"{target.Environment.Name} failed: {failure.Message}"));
            }

            IReadOnlyList<AppliedVersion>? now = await LookAsync(database, failure, cancellationToken).ConfigureAwait(false);
            return new MigrationRun
            {
                Environment = target.Environment,
                Database = database is null ? null : MigrationRunner.NameOf(database),
                Applied = member.Applied,
                Version = now is { Count: > 0 } ? now[^1].Version : null,
                Total = now?.Count,
                Reason = failure.Message,
                Failure = failure,
                StartedAt = startedAt,
                Duration = _time.GetElapsedTime(start),
            };
        }
    }

    /// <summary>Where a failed run left the database; null when that cannot be seen.</summary>
    private static async Task<IReadOnlyList<AppliedVersion>?> LookAsync(DatabaseAddress? database, DeployException failure, CancellationToken cancellationToken)
    {
        if (database is null || failure.Code == ErrorTable.DatabaseUnreachable || failure.Code == ErrorTable.DatabaseAuthenticationFailed)
        {
            return null;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_lookLimit);
        try
        {
            NpgsqlConnection connection = await database.OpenAsync(limit.Token).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                return await MigrationHistory.ReadAsync(connection, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when ((e is DeployException or NpgsqlException or OperationCanceledException) && !cancellationToken.IsCancellationRequested)
        {
            return null; // The failure that led here says more.
        }
    }

    private MigrationRun NotStarted(IDeploymentTarget target) => new()
    {
        Environment = target.Environment,
        Database = target.Environment.Database is { } database ? MigrationRunner.NameOf(database) : null,
        Applied = [],
        Version = null,
        Total = null,
        Reason = $"Not started: {_failures} {(_failures == 1 ? "database" : "databases")} failed before its turn.",
        StartedAt = _time.GetUtcNow(),
        Duration = TimeSpan.Zero,
    };

    private static DeployException Describe(Exception e) => e as DeployException ?? OutsideFailure.From(e) ?? new DeployException(
        ErrorTable.Unexpected,
        $"An unexpected {e.GetType().Name} occurred: {e.Message}",
        "Report this with the output of 'Get-Error'.",
        inner: e);
}
