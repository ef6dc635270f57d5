using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Releases;

public sealed class ReleaseChoicesTests : IDisposable
{
    private readonly Machines _machines = new();

    public void Dispose() => _machines.Dispose();

    [Fact]
    public async Task Releases_of_the_store_come_after_those_that_are_here_and_are_asked_for_once()
    {
        Release here = await MakeAsync(_machines.Here);
        Release there = await MakeAsync(_machines.There);
        var store = new AwaitedBlobs(new FolderBlobs(_machines.Shared.Path));
        await new ProjectReleases(new ProjectFolder(_machines.There.Path), store).ShareAsync(there, NullProgressSink.Instance, CancellationToken.None);
        var choices = new ReleaseChoices(project => new ProjectReleases(project, store), TimeProvider.System);
        store.Begin();

        Assert.Equal([here.Id], await IdsAsync(choices)); // It does not answer in time.
        store.Answer();
        await store.Answered;

        Assert.Equal([here.Id, there.Id], await IdsAsync(choices));
        Assert.Equal([here.Id, there.Id], await IdsAsync(choices));
        Assert.Equal(1, store.Asked);
    }

    [Fact]
    public async Task A_store_that_cannot_be_used_hides_nothing()
    {
        Release here = await MakeAsync(_machines.Here);

        Assert.Equal([here.Id], await IdsAsync(new ReleaseChoices(_ => throw new IOException("The disk is gone."), TimeProvider.System)));
    }

    private async Task<string[]> IdsAsync(ReleaseChoices choices) =>
        [.. (await choices.ListAsync(new ProjectFolder(_machines.Here.Path), CancellationToken.None)).Select(release => release.Id)];

    private static Task<Release> MakeAsync(TemporaryFolder folder) => Machines.ReleaseAsync(folder, $"select '{Path.GetFileName(folder.Path)}';");

    /// <summary>Answers when it is told to.</summary>
    private sealed class AwaitedBlobs(IReleaseBlobs blobs) : IReleaseBlobs
    {
        private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _waits;

        public string Name => blobs.Name;

        public int Asked { get; private set; }

        public Task Answered => _answered.Task;

        public void Begin() => _waits = true;

        public void Answer() => _told.SetResult();

        public async Task<IReadOnlyList<string>> ListAsync(string ending, CancellationToken cancellationToken)
        {
            if (_waits)
            {
                Asked++;
                await _told.Task.WaitAsync(cancellationToken);
            }

            return await blobs.ListAsync(ending, cancellationToken);
        }

        public async Task<Stream?> OpenAsync(string name, CancellationToken cancellationToken)
        {
            Stream? content = await blobs.OpenAsync(name, cancellationToken);
            _answered.TrySetResult();
            return content;
        }

        public Task PutAsync(string name, string file, CancellationToken cancellationToken) => blobs.PutAsync(name, file, cancellationToken);
    }
}
