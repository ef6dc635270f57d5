using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;

namespace SupabaseDeploy.Shell.Release;

/// <summary>Makes a release of what the project holds now.</summary>
[Cmdlet(VerbsCommon.New, "Release", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low, DefaultParameterSetName = MakeSet)]
[OutputType(typeof(Releases.Release))]
public sealed class NewReleaseCommand : ProjectCmdlet
{
    private const string MakeSet = "Make";
    private const string ImportSet = "Import";

    private ReleaseDraft? _draft;
    private bool? _isAgreed;

    /// <summary>
    /// The built web application instead of <c>web.bundle</c> of <c>pipeline.yml</c>: its folder, one for each environment, or what
    /// <c>Build-FlutterApp</c> writes. All that come through the pipeline go into one release.
    /// </summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = MakeSet)]
    [Alias("Web")]
    [WebBundleTransformation]
    public WebBundleReference? WebBundle { get; set; }

    /// <summary>A file that <c>Get-Release -ExportTo</c> wrote: its release is taken as it is, instead of making one.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ImportSet)]
    [ValidateNotNullOrEmpty]
    public string? Import { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        _isAgreed ??= await ShouldProcessAsync(CurrentProject.Root, Import is null ? "Make a release" : $"Import the release in '{Import}'").ConfigureAwait(false);
        if (_isAgreed is false || WebBundle is null)
        {
            return;
        }

        // Copied now: the next environment is built into the same folder.
        _draft ??= new ReleaseStore(CurrentProject).Draft(Sink);
        foreach (WebSource source in WebBundle.Sources)
        {
            EnsureStage(source.Environment);
            await _draft.AddWebAsync(source with { Folder = Path.Combine(CurrentFolder, source.Folder) }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override async Task EndProcessingAsync(CancellationToken cancellationToken)
    {
        // Without a record, as after a build that failed, there is nothing to make a release of.
        if (_isAgreed is not true)
        {
            return;
        }

        if (Import is not null)
        {
            await WriteAsync(await ProjectReleases.Open(CurrentProject).ImportAsync(Path.Combine(CurrentFolder, Import), cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            return;
        }

        _draft ??= new ReleaseStore(CurrentProject).Draft(Sink);
        DeploymentPipeline? pipeline = Pipeline();
        if (!_draft.HasWeb && pipeline?.Web.BundleFolder is { } folder)
        {
            await _draft.AddWebAsync(new WebSource(folder), cancellationToken).ConfigureAwait(false);
        }

        Releases.Release release = await _draft.FinishAsync(Content(pipeline), cancellationToken).ConfigureAwait(false);
        if (release.IsDirty)
        {
            Sink.Publish(new Caution($"Release '{release}' holds changes that commit {release.GitCommit![..7]} does not: nobody can make it again from the repository."));
        }

        await WriteAsync(release, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A release that others cannot get is not made yet, so the store comes before the output.</summary>
    private async Task WriteAsync(Releases.Release release, CancellationToken cancellationToken)
    {
        await ProjectReleases.Open(CurrentProject).ShareAsync(release, Sink, cancellationToken).ConfigureAwait(false);
        Write(release);
    }

    /// <inheritdoc/>
    protected override void OnDispose() => _draft?.Dispose();

    private DeploymentPipeline? Pipeline() => File.Exists(CurrentProject.PipelineFile) ? DeploymentPipeline.Load(CurrentProject) : null;

    private ReleaseContent Content(DeploymentPipeline? pipeline) => new()
    {
        Application = pipeline?.Application ?? ReleaseSettings.ApplicationOf(CurrentProject),
        MigrationsFolder = CurrentProject.MigrationsFolder,
    };

    /// <summary>A bundle that no stage would serve is a misspelled name.</summary>
    private void EnsureStage(string? environment)
    {
        if (environment is not null)
        {
            Pipeline()?.Find(environment);
        }
    }
}
