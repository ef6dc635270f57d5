using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;

namespace SupabaseDeploy.Shell.Release;

/// <summary>Makes a release of what the project holds now.</summary>
[Cmdlet(VerbsCommon.New, "Release", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(Releases.Release))]
public sealed class NewReleaseCommand : ProjectCmdlet
{
    private ReleaseDraft? _draft;
    private bool? _isAgreed;

    /// <summary>
    /// The built web application instead of <c>web.bundle</c> of <c>pipeline.yml</c>: its folder, one for each environment, or what
    /// <c>Build-FlutterApp</c> writes. All that come through the pipeline go into one release.
    /// </summary>
    [Parameter(ValueFromPipeline = true)]
    [Alias("Web")]
    [WebBundleTransformation]
    public WebBundleReference? WebBundle { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        _isAgreed ??= await ShouldProcessAsync(CurrentProject.Root, "Make a release").ConfigureAwait(false);
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

        Write(release);
    }

    /// <inheritdoc/>
    protected override void OnDispose() => _draft?.Dispose();

    private DeploymentPipeline? Pipeline() => File.Exists(CurrentProject.PipelineFile) ? DeploymentPipeline.Load(CurrentProject) : null;

    private ReleaseContent Content(DeploymentPipeline? pipeline) => new()
    {
        Application = pipeline?.Application ?? Path.GetFileName(CurrentProject.Root),
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
