using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Releases;

/// <summary>Tests a release and records what was found as evidence.</summary>
/// <param name="project">The project.</param>
/// <param name="targets">Gives the place each environment lives in.</param>
/// <param name="runtimes">Where Deno is; the user's cache when null.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class ReleaseTester(ProjectFolder project, IDeploymentTargets targets, LocalRuntimes? runtimes = null, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>The checks that say something about <paramref name="release"/>: tests of the application only where there is one.</summary>
    public IReadOnlyList<string> ChecksOf(Release release) =>
    [
        .. ReleaseCheck.All.Where(check => check switch
        {
            ReleaseCheck.Functions => release.Functions.Count > 0,
            ReleaseCheck.Flutter => File.Exists(Path.Combine(project.Root, "pubspec.yaml")),
            _ => true,
        }),
    ];

    /// <summary>Runs the checks one after the other. What they find is a result, not an exception.</summary>
    /// <param name="release">The release; its files are hashed again first.</param>
    /// <param name="environment">Whose pending migrations are rehearsed and whose ledger is told; null for none.</param>
    /// <param name="checks">Of <see cref="ReleaseCheck"/>.</param>
    /// <param name="write">Told of each result.</param>
    /// <param name="sink">Told what is done.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.DeployException">The release is damaged, the environment cannot be reached, or a check cannot be made.</exception>
    public async Task RunAsync(
        Release release, DeploymentEnvironment? environment, IReadOnlyList<string> checks, Action<ReleaseTest> write, IProgressSink sink, CancellationToken cancellationToken)
    {
        await ReleaseStore.VerifyAsync(release, cancellationToken).ConfigureAwait(false);
        DatabaseAddress? database = environment is null ? null : await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (string check in checks)
            {
                sink.Publish(new ActivityProgress($"Test release {release}", check));
                write(await RunAsync(check, release, environment, database, sink, cancellationToken).ConfigureAwait(false));
            }
        }
        finally
        {
            sink.Publish(new ActivityCompleted($"Test release {release}"));
        }
    }

    private async Task<ReleaseTest> RunAsync(
        string check, Release release, DeploymentEnvironment? environment, DatabaseAddress? database, IProgressSink sink, CancellationToken cancellationToken)
    {
        DateTimeOffset startedAt = _time.GetUtcNow();
        long start = _time.GetTimestamp();
        CheckResult result = await (check switch
        {
            ReleaseCheck.Rehearsal => RehearsalCheck.RunAsync(release, environment, database, project, sink, cancellationToken),
            ReleaseCheck.Functions => new FunctionsCheck(runtimes ?? new LocalRuntimes()).RunAsync(release, sink, cancellationToken),
            ReleaseCheck.Flutter => new FlutterCheck(project).RunAsync(release, environment?.Name, sink, cancellationToken),
            _ => throw new ArgumentException($"There is no check '{check}'.", nameof(check)),
        }).ConfigureAwait(false);
        var test = new ReleaseTest
        {
            Release = release,
            Environment = environment?.Name,
            Check = check,
            IsPassed = result.IsPassed,
            Message = result.Message,
            Problems = result.Problems,
            StartedAt = startedAt,
            Duration = _time.GetElapsedTime(start),
        };
        return environment is null ? test : test with { Evidence = await RecordAsync(test, result, new Ledger(environment, database!), cancellationToken).ConfigureAwait(false) };
    }

    private Task<Evidence> RecordAsync(ReleaseTest test, CheckResult result, Ledger ledger, CancellationToken cancellationToken)
    {
        string kind = test.Check switch
        {
            ReleaseCheck.Rehearsal => Evidence.Rehearsal,
            ReleaseCheck.Functions => Evidence.Functions,
            _ => Evidence.Tests,
        };
        string content = EvidenceContent.Of(test.Message, [.. result.Figures, ("seconds", Math.Round(test.Duration.TotalSeconds, 3))]);
        return ledger.RecordEvidenceAsync(kind, test.Release, test.IsPassed, content, _time.GetUtcNow(), cancellationToken);
    }
}
