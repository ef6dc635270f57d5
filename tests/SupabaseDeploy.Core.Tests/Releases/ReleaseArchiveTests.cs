using System.Formats.Tar;
using System.IO.Compression;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Releases;

public sealed class ReleaseArchiveTests : IDisposable
{
    private readonly TemporaryFolder _here = new();
    private readonly TemporaryFolder _there = new();

    public void Dispose()
    {
        _here.Dispose();
        _there.Dispose();
    }

    [Fact]
    public async Task A_release_is_the_same_on_the_machine_that_imports_it()
    {
        Release release = await MakeAsync();
        string file = await ProjectReleases.ExportAsync(release, _here.Path, CancellationToken.None);

        Release imported = await ImportAsync(file);

        Assert.Equal($"courses-{release.ShortId}.release.tar.gz", Path.GetFileName(file));
        Assert.Equal((release.Id, release.CreatedAt, true), (imported.Id, imported.CreatedAt, imported.Changed));
        await ReleaseStore.VerifyAsync(imported, CancellationToken.None);
        Assert.False((await ImportAsync(file)).Changed);
    }

    [Fact]
    public async Task The_same_release_is_the_same_file_whatever_the_files_of_the_machine_are_like()
    {
        Release release = await MakeAsync();
        byte[] first = await File.ReadAllBytesAsync(await ProjectReleases.ExportAsync(release, Path.Combine(_here.Path, "a"), CancellationToken.None));
        foreach (string file in Directory.EnumerateFiles(release.Path, "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch.AddYears(40));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file, UnixFileMode.UserRead);
            }
        }

        byte[] second = await File.ReadAllBytesAsync(await ProjectReleases.ExportAsync(release, Path.Combine(_here.Path, "b"), CancellationToken.None));

        Assert.Equal(first, second);
    }

    [Fact]
    public async Task A_file_that_is_cut_off_anywhere_is_refused_and_leaves_nothing()
    {
        byte[] whole = await File.ReadAllBytesAsync(await ProjectReleases.ExportAsync(await MakeAsync(), _here.Path, CancellationToken.None));
        for (int length = 0; length < whole.Length - 8; length += Math.Max(1, whole.Length / 25))
        {
            string cut = Path.Combine(_here.Path, "cut");
            await File.WriteAllBytesAsync(cut, whole[..length]);

            DeployException e = await Assert.ThrowsAsync<DeployException>(() => ImportAsync(cut));

            Assert.Equal(ErrorTable.ReleaseArchiveDamaged, e.Code);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_there.Path, ".supabase-deploy", "releases")));
    }

    [Theory]
    [InlineData("migrations/001_a.sql", "'migrations/001_a.sql' was changed")]
    [InlineData("manifest.json", "cannot be read")]
    [InlineData("web/index.html", "'web/index.html' was changed")]
    public async Task A_file_that_was_tampered_with_is_refused(string path, string message)
    {
        string file = await RepackAsync((name, content) => (name, name == path ? [.. content, (byte)'x'] : content));

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ImportAsync(file));

        Assert.Equal(ErrorTable.ReleaseArchiveDamaged, e.Code);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../../../escaped.sql")]
    [InlineData("/tmp/escaped.sql")]
    [InlineData("migrations/../../escaped.sql")]
    [InlineData("more.txt")]
    public async Task A_path_that_does_not_belong_to_the_release_is_not_written(string path)
    {
        string file = await RepackAsync((name, content) => (name == "migrations/001_a.sql" ? path : name, content));

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ImportAsync(file));

        Assert.Contains("does not belong to it", e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_there.Path, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("{\n", "{ \n", "its manifest is not as this version writes it")]
    [InlineData("\"application\": \"courses\"", "\"application\": \"../../courses\"", "'../../courses' leads out of it")]
    [InlineData("\"application\": \"courses\"", "\"application\": null", "'' leads out of it")]
    [InlineData("\"version\": \"002\"", "\"version\": \"001\"", "migration '001' is in it twice")]
    public async Task A_manifest_that_no_release_has_is_refused_whatever_id_it_gives_itself(string part, string other, string message)
    {
        _here.Write("migrations/002_b.sql", "create table b ();");
        string file = await RepackAsync((name, content) => (name, name == "manifest.json" ? Replace(content, part, other) : content));

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ImportAsync(file));

        Assert.Equal(ErrorTable.ReleaseArchiveDamaged, e.Code);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_there.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_file_of_another_size_is_not_unpacked()
    {
        string file = await RepackAsync((name, content) => (name, name == "web/index.html" ? new byte[1 << 20] : content));

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ImportAsync(file));

        Assert.Contains("'web/index.html' was changed: it has 1048576 bytes", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_release_that_is_damaged_here_is_not_said_to_be_imported_and_the_file_is_not_blamed()
    {
        string file = await ProjectReleases.ExportAsync(await MakeAsync(), _here.Path, CancellationToken.None);
        Release imported = await ImportAsync(file);
        await File.AppendAllTextAsync(Path.Combine(imported.WebFolder, "index.html"), "x");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ImportAsync(file));

        Assert.Equal(ErrorTable.ReleaseDamaged, e.Code);
        Assert.Contains("'web/index.html' was changed", e.Message, StringComparison.Ordinal);
        Directory.Delete(imported.Path, recursive: true); // As the remedy says.
        Assert.True((await ImportAsync(file)).Changed);
    }

    [Fact]
    public void A_manifest_whose_paths_lead_out_of_the_release_is_refused()
    {
        string manifest =
            $$$"""{"application":"a","format":1,"git":{"commit":null,"dirty":false},"migrations":[],"web":{"digest":"d","files":[{"path":"../../x","sha256":"{{{new string('a', 64)}}}","size":1}]}}""";

        DeployException e = Assert.Throws<DeployException>(() => ReleaseManifest.Read(System.Text.Encoding.UTF8.GetBytes(manifest), _there.Path, DateTimeOffset.UnixEpoch));

        Assert.Contains("leads out of it", e.Message, StringComparison.Ordinal);
    }

    private static byte[] Replace(byte[] text, string part, string other)
    {
        string before = System.Text.Encoding.UTF8.GetString(text);
        Assert.Contains(part, before, StringComparison.Ordinal);
        return System.Text.Encoding.UTF8.GetBytes(before.Replace(part, other, StringComparison.Ordinal));
    }

    /// <summary>The archive of a release with other entries.</summary>
    private async Task<string> RepackAsync(Func<string, byte[], (string Name, byte[] Content)> change)
    {
        string file = await ProjectReleases.ExportAsync(await MakeAsync(), _here.Path, CancellationToken.None);
        string other = Path.Combine(_here.Path, "other");
        await using (var output = new GZipStream(File.Create(other), CompressionLevel.Fastest))
        await using (var writer = new TarWriter(output, TarEntryFormat.Gnu))
        await using (var input = new GZipStream(File.OpenRead(file), CompressionMode.Decompress))
        await using (var reader = new TarReader(input))
        {
            while (await reader.GetNextEntryAsync(copyData: true) is { } entry)
            {
                using var content = new MemoryStream();
                if (entry.DataStream is { } data)
                {
                    await data.CopyToAsync(content);
                }

                (string name, byte[] bytes) = change(entry.Name, content.ToArray());
                await writer.WriteEntryAsync(new GnuTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) });
            }
        }

        return other;
    }

    private Task<Release> MakeAsync()
    {
        _here.Write("migrations/001_a.sql", "create table a ();");
        _here.Write("migrations/down/001_a.sql", "drop table a;");
        _here.Write("supabase/functions/hello/index.ts", "Deno.serve(() => new Response());");
        string web = Path.GetDirectoryName(_here.Write("build/web/index.html", "<h1>ready</h1>"))!;
        _here.Write("build/web/empty.txt", "");
        var project = new ProjectFolder(_here.Path);
        return new ReleaseStore(project).CreateAsync(
            new ReleaseContent { Application = "courses", MigrationsFolder = project.MigrationsFolder, WebFolder = web }, NullProgressSink.Instance, CancellationToken.None);
    }

    private Task<Release> ImportAsync(string file) => new ProjectReleases(new ProjectFolder(_there.Path), null).ImportAsync(file, CancellationToken.None);
}
