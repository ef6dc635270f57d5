using SupabaseDeploy.Environments;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Environments;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_is_replaced_whole_and_nothing_else_is_left()
    {
        string path = Path.Combine(_folder.Path, "new folder", "state.json");
        await AtomicFile.WriteAllTextAsync(path, "first, and longer than the second");
        await AtomicFile.WriteAllTextAsync(path, "grüße");
        AtomicFile.WriteAllText(path, "grüezi");

        Assert.Equal("grüezi"u8.ToArray(), await File.ReadAllBytesAsync(path));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public async Task A_cancelled_write_leaves_the_old_file_and_nothing_else()
    {
        string path = _folder.Write("state.json", "old");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AtomicFile.WriteAllTextAsync(path, "new", cancellationToken: new CancellationToken(canceled: true)));

        Assert.Equal("old", await File.ReadAllTextAsync(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_failed_write_leaves_nothing()
    {
        string path = Path.Combine(_folder.Path, "taken");
        Directory.CreateDirectory(path);

        Assert.ThrowsAny<Exception>(() => AtomicFile.WriteAllText(path, "new"));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_mode_is_kept_whatever_the_umask()
    {
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
        string path = Path.Combine(_folder.Path, "shared");
        await AtomicFile.WriteAllTextAsync(path, "text", Mode);
        Assert.Equal(Mode, OperatingSystem.IsWindows() ? Mode : File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task Writers_at_the_same_time_do_not_mix()
    {
        string path = Path.Combine(_folder.Path, "state");
        string[] texts = [.. Enumerable.Range(0, 16).Select(number => new string((char)('a' + number), 10_000))];
        await Task.WhenAll(texts.Select(text => AtomicFile.WriteAllTextAsync(path, text)));
        Assert.Contains(await File.ReadAllTextAsync(path), texts);
    }
}
