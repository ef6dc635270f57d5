using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.FlutterApps;

namespace SupabaseDeploy.Releases;

/// <summary>Tests the Flutter application that a release was built from: what is checked out has to be that, or it says nothing about the release.</summary>
internal sealed class FlutterCheck(ProjectFolder project)
{
    public async Task<CheckResult> RunAsync(Release release, string? environment, IProgressSink sink, CancellationToken cancellationToken)
    {
        FlutterProject app = FlutterProject.Open(project, null, environment);
        GitWorkTree? git = await GitWorkTree.FindAsync(project.Root, cancellationToken).ConfigureAwait(false);
        EnsureSame(release, git);
        FlutterTestRun run = await new FlutterTester(FlutterSdk.Find()).RunAsync(app, sink, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> problems = run.ProblemsOf(FlutterSeverity.Error);
        string counts = $"{run.Passed} tests passed, {run.Failed} failed, {run.Skipped} skipped; the analyzer found {run.Findings.Count}.";
        return new CheckResult(
            problems.Count == 0, counts, problems, ("passed", run.Passed), ("failed", run.Failed), ("skipped", run.Skipped), ("findings", run.Findings.Count));
    }

    private void EnsureSame(Release release, GitWorkTree? git)
    {
        string? why =
            release.GitCommit is null ? "the release was not made in a git repository"
            : release.IsDirty ? "the release holds changes that no commit has"
            : git?.Commit != release.GitCommit ? $"commit '{release.GitCommit[..7]}' is not checked out"
            : git.IsDirty ? "the work tree has changes"
            : null;
        if (why is not null)
        {
            throw new DeployException(
                ErrorTable.ReleaseNotTestable,
                $"The tests of '{project.Root}' say nothing about release '{release}': {why}.",
                release.GitCommit is null || release.IsDirty ? "Commit everything and make a new release." : $"Check it out: git checkout {release.GitCommit}",
                release);
        }
    }
}
