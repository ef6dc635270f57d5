using System.Management.Automation;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Deployment;

/// <summary>Lists the deployments of environments from their ledgers, oldest first, then those that wait for people; or follows one that runs.</summary>
[Cmdlet(VerbsCommon.Get, "Deployment", DefaultParameterSetName = EnvironmentSet)]
[OutputType(typeof(Deployments.Deployment))]
public sealed class GetDeploymentCommand : EnvironmentCmdlet
{
    private const string PausedStatus = "Paused";

    private readonly List<Ledger> _ledgers = [];
    private bool _isPartial;

    /// <summary>Only the last deployment of each environment, of those that are asked for.</summary>
    [Parameter]
    public SwitchParameter Latest { get; set; }

    /// <summary>Only deployments that stand so, in the words of the table: a paused one is a running one that waits for a decision.</summary>
    [Parameter]
    [ValidateSet(
        nameof(DeploymentStatus.Running), PausedStatus, nameof(DeploymentStatus.Succeeded), nameof(DeploymentStatus.RolledBack),
        nameof(DeploymentStatus.Failed), nameof(DeploymentStatus.Pending), nameof(DeploymentStatus.Interrupted))]
    public string[] Status { get; set; } = [];

    /// <summary>Only deployments that began at this time or later: a date, or a duration before now.</summary>
    [Parameter]
    [MomentTransformation]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Only deployments that began before this time: a date, or a duration before now.</summary>
    [Parameter]
    [MomentTransformation]
    public DateTimeOffset? Until { get; set; }

    /// <summary>Only deployments of this release.</summary>
    [Parameter]
    [ReleaseTransformation]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public ReleaseReference? Release { get; set; }

    /// <summary>Shows the steps of the deployment that runs, from any terminal, and writes it when it has ended.</summary>
    [Parameter]
    public SwitchParameter Watch { get; set; }

    /// <summary>A file to write the whole ledgers to, as JSON lines.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ExportTo { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        if (Since >= Until)
        {
            throw new DeployException(ErrorTable.HistoryFilterInvalid, $"Nothing can begin since '{Since:u}' and before '{Until:u}'.", "Give an earlier -Since or a later -Until.", Since);
        }

        if (Watch && (Status.Length > 0 || Since is not null || Until is not null || Release is not null))
        {
            throw new DeployException(
                ErrorTable.HistoryFilterInvalid, "-Watch follows the deployment that runs, whichever it is.", "Leave -Status, -Since, -Until and -Release out, or -Watch.");
        }

        var targets = new DeploymentTargets();
        IReadOnlyList<DeploymentEnvironment> environments = BoundEnvironments();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // All at the same time, and written in promotion order, whichever answers first.
        Task<AskedLedger>[] asked = [.. environments.Select(environment => AskAsync(environment, targets, stop.Token))];
        try
        {
            foreach ((DeploymentEnvironment environment, Task<AskedLedger> answer) in environments.Zip(asked))
            {
                await WriteAsync(environment, answer, isOnly: environments.Count == 1 && !MyInvocation.ExpectingInput, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(asked)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    protected override async Task EndProcessingAsync(CancellationToken cancellationToken)
    {
        // What was exported before is not replaced by less.
        if (ExportTo is not null && _ledgers.Count > 0)
        {
            string path = System.IO.Path.GetFullPath(ExportTo, CurrentFolder);
            if (_isPartial && System.IO.File.Exists(path))
            {
                Sink.Publish(new Caution($"'{path}' stays as it was: a ledger that it may hold could not be read."));
                return;
            }

            int rows = await LedgerExport.WriteAsync(_ledgers, path, cancellationToken).ConfigureAwait(false);
            Sink.Publish(new Notice($"{rows} rows of {_ledgers.Count} {(_ledgers.Count == 1 ? "ledger" : "ledgers")} are in '{path}'."));
        }
    }

    private static DeployException? Failure(Exception e) => e as DeployException ?? OutsideFailure.From(e);

    private async Task<AskedLedger> AskAsync(DeploymentEnvironment environment, DeploymentTargets targets, CancellationToken cancellationToken)
    {
        var ledger = new Ledger(environment, await targets.ForDatabase(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false));
        return new AskedLedger(ledger, Watch ? [] : await ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false));
    }

    private async Task WriteAsync(DeploymentEnvironment environment, Task<AskedLedger> answer, bool isOnly, CancellationToken cancellationToken)
    {
        DeploymentFilter filter = await FilterAsync(environment, cancellationToken).ConfigureAwait(false);
        try
        {
            if (UnfinishedRestores.Describe(environment) is { } unfinished)
            {
                Sink.Publish(new Caution(unfinished));
            }

            (Ledger ledger, IReadOnlyList<Deployments.Deployment> recorded) = await answer.ConfigureAwait(false);
            await (Watch ? FollowAsync(ledger, cancellationToken) : ListAsync(ledger, recorded, filter, cancellationToken)).ConfigureAwait(false);
            _ledgers.Add(ledger);
        }
        catch (Exception e) when (!isOnly && Failure(e) is not null)
        {
            WriteFailure(Failure(e)!); // One that does not answer says nothing about the others.
            _isPartial = true;
        }
    }

    private async Task<DeploymentFilter> FilterAsync(DeploymentEnvironment environment, CancellationToken cancellationToken) => new()
    {
        Statuses = [.. Status.Where(status => !IsPaused(status)).Select(status => Enum.Parse<DeploymentStatus>(status, ignoreCase: true))],
        ArePaused = Status.Any(IsPaused),
        Since = Since,
        Until = Until,
        ReleaseId = Release is null ? null : (await Release.FindAsync(environment.Project, cancellationToken).ConfigureAwait(false)).Id,
    };

    private async Task ListAsync(Ledger ledger, IReadOnlyList<Deployments.Deployment> recorded, DeploymentFilter filter, CancellationToken cancellationToken)
    {
        if (!Latest)
        {
            WriteAll(recorded.Where(filter.Matches)); // First: they need nothing but the ledger.
        }

        IReadOnlyList<Deployments.Deployment> pending = IsPendingAsked ? await FindPendingAsync(ledger, recorded, cancellationToken).ConfigureAwait(false) : [];
        WriteAll(Latest ? recorded.Concat(pending).Where(filter.Matches).TakeLast(1) : pending.Where(filter.Matches));
    }

    private async Task<IReadOnlyList<Deployments.Deployment>> FindPendingAsync(
        Ledger ledger, IReadOnlyList<Deployments.Deployment> recorded, CancellationToken cancellationToken)
    {
        // A look at everything starts no password manager for the store's keys.
        using IDisposable? quiet = Status.Length == 0 ? new SecretLookup { IsQuiet = true }.Enter(cancellationToken) : null;
        return await new PendingDeployments().FindAsync(ledger, recorded, cancellationToken).ConfigureAwait(false);
    }

    private void WriteAll(IEnumerable<Deployments.Deployment> deployments)
    {
        foreach (Deployments.Deployment deployment in deployments)
        {
            Write(deployment);
        }
    }

    // The latest is the last one that began, unless those that wait are asked for.
    private bool IsPendingAsked => Status.Length == 0 ? !Latest : Status.Contains(nameof(DeploymentStatus.Pending), StringComparer.OrdinalIgnoreCase);

    private static bool IsPaused(string status) => status.Equals(PausedStatus, StringComparison.OrdinalIgnoreCase);

    private async Task FollowAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        if (await new DeploymentWatch(ledger).FollowAsync(Sink, cancellationToken).ConfigureAwait(false) is { } deployment)
        {
            Write(deployment);
        }
    }

    private sealed record AskedLedger(Ledger Ledger, IReadOnlyList<Deployments.Deployment> Recorded);
}
