using System.Management.Automation;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Release;

/// <summary>Lists the stored releases of a project, oldest first, and where they run.</summary>
[Cmdlet(VerbsCommon.Get, "Release", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(Releases.Release))]
public sealed class GetReleaseCommand : ProjectCmdlet
{
    private readonly HashSet<string> _exported = [];

    /// <summary>Ids, or the first digits of them; all releases when none is given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ReleaseTransformation]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public ReleaseReference? Id { get; set; }

    /// <summary>Only releases that were healthy on this environment.</summary>
    [Parameter]
    [EnvironmentTransformation(IsSingle = true)]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public EnvironmentReference? VerifiedOn { get; set; }

    /// <summary>Only the newest of them; it is an error when there is none.</summary>
    [Parameter]
    public SwitchParameter Latest { get; set; }

    /// <summary>A file, or a folder that exists, to write each of them to as one file.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ExportTo { get; set; }

    // The one release that was asked for: the publish after it would publish nothing, and the script would end well.
    private protected override bool StopsScript => Latest || ExportTo is not null;

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        var store = ProjectReleases.Open(CurrentProject);
        IReadOnlyList<Releases.Release> releases = Id is null
            ? await ListAsync(store, cancellationToken).ConfigureAwait(false)
            : [await Id.FindAsync(CurrentProject, cancellationToken).ConfigureAwait(false)];
        var whereabouts = new ReleaseWhereabouts(new DeploymentTargets());
        if (VerifiedOn is not null)
        {
            IReadOnlySet<string> healthy = await whereabouts.HealthyOnAsync(Resolve(VerifiedOn).Single(), cancellationToken).ConfigureAwait(false);
            releases = [.. releases.Where(release => healthy.Contains(release.Id))];
        }

        if (Latest)
        {
            releases = releases.Count > 0 ? [releases[^1]] : throw NoneFound();
        }

        EnsureOneFileEach(releases);
        IReadOnlyList<ReleasePlace> places = await PlacesAsync(whereabouts, cancellationToken).ConfigureAwait(false);
        foreach (Releases.Release release in releases)
        {
            await ExportAsync(store, release, cancellationToken).ConfigureAwait(false);
            Write(release with
            {
                RunsOn = [.. places.Where(place => place.CurrentRelease == release.Id).Select(place => place.Environment)],
                Evidence = [.. places.SelectMany(place => place.Evidence).Where(fact => fact.ReleaseId == release.Id).OrderBy(fact => fact.RecordedAt)],
            });
        }
    }

    /// <summary>
    /// What is on this machine is listed also when the store cannot be asked, and what is whole also when some are damaged; the newest of all is not
    /// known then.
    /// </summary>
    private async Task<IReadOnlyList<Releases.Release>> ListAsync(ProjectReleases store, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ListAsync(cancellationToken, Latest ? null : WriteFailure).ConfigureAwait(false);
        }
        catch (DeployException e) when (e.Code == ErrorTable.ReleaseStoreUnavailable && !Latest)
        {
            Sink.Publish(new Caution($"Only the releases on this machine are listed. {e.Message}"));
            return store.ListLocal(static _ => { }); // What is damaged here was told before the store was asked.
        }
    }

    /// <summary>A file holds one release: the last of several would be all that is in it.</summary>
    private void EnsureOneFileEach(IReadOnlyList<Releases.Release> releases)
    {
        if (ExportTo is null || Directory.Exists(Path.Combine(CurrentFolder, ExportTo)))
        {
            return;
        }

        _exported.UnionWith(releases.Select(release => release.Id));
        if (_exported.Count > 1)
        {
            throw new DeployException(
                ErrorTable.InvalidValue,
                $"'{ExportTo}' is no folder that exists, and a file holds one release, not {_exported.Count}.",
                "Make the folder first, or name one release.",
                ExportTo);
        }
    }

    private async Task ExportAsync(ProjectReleases store, Releases.Release release, CancellationToken cancellationToken)
    {
        if (ExportTo is null)
        {
            return;
        }

        string path = Path.Combine(CurrentFolder, ExportTo);
        if (await ShouldProcessAsync(path, $"Export release {release}").ConfigureAwait(false))
        {
            Releases.Release here = await store.FetchAsync(release, Sink, cancellationToken).ConfigureAwait(false);
            Sink.Publish(new Notice($"Release {release} is in '{await ProjectReleases.ExportAsync(here, path, cancellationToken).ConfigureAwait(false)}'."));
        }
    }

    private DeployException NoneFound() => VerifiedOn is null
        ? new DeployException(
            ErrorTable.ReleaseNotFound,
            $"No release is stored in '{CurrentProject.ReleasesFolder}'.",
            "Make one with New-Release.")
        : new DeployException(
            ErrorTable.ReleaseNotFound,
            $"No stored release was healthy on '{VerifiedOn}'.",
            $"Publish one there first: New-Release | Publish-Environment {VerifiedOn}",
            VerifiedOn.Name);

    private async Task<IReadOnlyList<ReleasePlace>> PlacesAsync(ReleaseWhereabouts whereabouts, CancellationToken cancellationToken) =>
        File.Exists(CurrentProject.PipelineFile)
            ? await whereabouts.FindAsync(DeploymentPipeline.Load(CurrentProject), Sink, cancellationToken).ConfigureAwait(false)
            : [];
}
