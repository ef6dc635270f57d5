using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.FlutterApps;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Releases;

public sealed class BundleStampTests : IDisposable
{
    private readonly FlutterFolder _folder = new();

    private ProjectFolder Project => new(_folder.Root);

    private string Web => Path.Combine(_folder.Root, "build", "web");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_folder_that_was_built_from_another_commit_is_warned_of()
    {
        _folder.Write(".gitignore", ".supabase-deploy/\n.dart_tool/\nbuild/\ncalls.log\n");
        await GitAsync("init", "--quiet");
        await CommitAsync("first");
        await BuildAsync();
        IReadOnlyList<string> same = await WarningsAsync();
        await CommitAsync("second");
        IReadOnlyList<string> other = await WarningsAsync();
        File.AppendAllText(Path.Combine(Web, "index.html"), "<!-- built by something else -->");
        IReadOnlyList<string> unknown = await WarningsAsync();

        Assert.Empty(same);
        Assert.Matches($"^The web bundle '{Web}' was built from commit '[0-9a-f]{{7}}', and the release is of '[0-9a-f]{{7}}'\\.", Assert.Single(other));
        Assert.Empty(unknown);
    }

    [Fact]
    public async Task A_folder_that_was_built_with_changes_is_warned_of_when_they_are_gone()
    {
        _folder.Write(".gitignore", ".supabase-deploy/\n.dart_tool/\nbuild/\ncalls.log\n");
        await GitAsync("init", "--quiet");
        await CommitAsync("first");
        string change = _folder.Write("lib/change.dart", "");
        await BuildAsync();
        File.Delete(change);

        Assert.Contains("with changes that commit", Assert.Single(await WarningsAsync()), StringComparison.Ordinal);
    }

    private Task BuildAsync() =>
        new FlutterBuilder(FlutterFolder.Program).BuildAsync(FlutterProject.Open(Project, null, "staging"), [], NullProgressSink.Instance, CancellationToken.None);

    /// <summary>What is said when a release is made of the folder.</summary>
    private async Task<IReadOnlyList<string>> WarningsAsync()
    {
        var sink = new CollectingSink();
        using ReleaseDraft draft = new ReleaseStore(Project).Draft(sink);
        await draft.AddWebAsync(new WebSource(Web), CancellationToken.None);
        await draft.FinishAsync(new ReleaseContent { Application = "courses", MigrationsFolder = Project.MigrationsFolder }, CancellationToken.None);
        return [.. sink.Events.OfType<Caution>().Select(caution => caution.Message)];
    }

    private async Task CommitAsync(string message)
    {
        _folder.Write("notes.txt", message);
        await GitAsync("add", "--all");
        await GitAsync("-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "--quiet", "--message", message);
    }

    private async Task GitAsync(params string[] arguments)
    {
        var request = new ProcessRequest("git", arguments) { WorkingDirectory = _folder.Root };
        (await ChildProcess.RunAsync(request, CancellationToken.None)).EnsureSuccess(request);
    }
}
