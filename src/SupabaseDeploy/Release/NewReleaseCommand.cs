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
    /// <summary>The built web application, as its folder or from <c>Build-FlutterApp</c>, instead of <c>web.bundle</c> of <c>pipeline.yml</c>.</summary>
    [Parameter(ValueFromPipeline = true)]
    [WebBundleTransformation]
    public WebBundleReference? WebBundle { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        ReleaseContent content = Content();
        if (!await ShouldProcessAsync(CurrentProject.Root, "Make a release").ConfigureAwait(false))
        {
            return;
        }

        Releases.Release release = await new ReleaseStore(CurrentProject).CreateAsync(content, Sink, cancellationToken).ConfigureAwait(false);
        if (release.IsDirty)
        {
            Sink.Publish(new Caution($"Release '{release}' holds changes that commit {release.GitCommit![..7]} does not: nobody can make it again from the repository."));
        }

        Write(release);
    }

    private ReleaseContent Content()
    {
        DeploymentPipeline? pipeline = File.Exists(CurrentProject.PipelineFile) ? DeploymentPipeline.Load(CurrentProject) : null;
        return new ReleaseContent
        {
            Application = pipeline?.Application ?? Path.GetFileName(CurrentProject.Root),
            MigrationsFolder = CurrentProject.MigrationsFolder,
            WebFolder = WebBundle is null ? pipeline?.Web.BundleFolder : Path.Combine(CurrentFolder, WebBundle.Path),
            WebDigest = WebBundle?.Digest,
        };
    }
}
