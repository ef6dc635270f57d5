using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class LocalRuntimesTests : IDisposable
{
    private const string Asset = "tool-v1.0.tar.gz";
    private const string Release = "maker/tool/releases/download/v1.0/";

    private readonly TemporaryFolder _folder = new();
    private readonly ReleaseServer _server = new();
    private readonly CollectingSink _sink = new();
    private readonly byte[] _archive = Archive(("tool", "#!/bin/sh\n"), ("share/data", Convert.ToHexString(RandomNumberGenerator.GetBytes(200_000))));

    private string Downloads => Path.Combine(_folder.Path, "downloads");

    private string Installed => Path.Combine(_folder.Path, "runtimes", "tool", "1.0");

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_archive_is_downloaded_checked_and_unpacked_and_a_second_run_does_nothing()
    {
        Serve(_archive);

        LocalRuntime first = await InstallAsync();
        int requests = _server.Requests.Count;
        LocalRuntime second = await InstallAsync();

        Assert.Equal(("tool", "1.0", Installed, true), (first.Name, first.Version, first.Path, first.Changed));
        Assert.Equal((first with { Changed = false }, requests), (second, _server.Requests.Count));
        Assert.True(System.IO.File.GetUnixFileMode(Path.Combine(Installed, "tool")).HasFlag(UnixFileMode.UserExecute));
        Assert.Equal(10 + 400_000, first.SizeBytes);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Downloads));
        Assert.Contains(_sink.Events.OfType<ActivityProgress>(), progress => progress is { Status: "Downloading", Percent: 100 });
        Assert.IsType<ActivityCompleted>(_sink.Events.Last());
    }

    [Fact]
    public async Task Two_at_once_wait_for_each_other()
    {
        Serve(_archive);

        LocalRuntime[] both = await Task.WhenAll(Task.Run(() => InstallAsync()), Task.Run(() => InstallAsync()));

        Assert.Single(both, runtime => runtime.Changed);
        Assert.Single(_server.Requests, Release.Insert(0, "/") + Asset);
    }

    [Fact]
    public async Task A_transfer_that_breaks_off_goes_on_where_it_was()
    {
        Serve(_archive);
        _server.CutAfter = (_archive.Length / 3) + 1;

        Assert.True((await InstallAsync()).Changed);

        Assert.Equal(
            ["/" + Release + Asset, $"/{Release}{Asset} from {_server.CutAfter}", $"/{Release}{Asset} from {2 * _server.CutAfter}"],
            _server.Requests.Where(request => !request.EndsWith(".sha256", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_an_ended_command_downloaded_is_gone_on_from()
    {
        Serve(_archive);
        Leave(_archive[..1000]);

        Assert.True((await InstallAsync()).Changed);

        Assert.Contains($"/{Release}{Asset} from 1000", _server.Requests);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(10_000_000)]
    public async Task What_is_left_of_another_file_is_downloaded_anew(int length)
    {
        Serve(_archive);
        Leave(new byte[length]);

        Assert.True((await InstallAsync()).Changed);
    }

    [Fact]
    public async Task A_server_in_trouble_is_asked_again()
    {
        Serve(_archive);
        _server.Failing = 3;

        Assert.True((await InstallAsync()).Changed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_truncated_or_tampered_archive_is_refused_and_removed(bool truncated)
    {
        byte[] wrong = truncated ? _archive[..^100] : [.. _archive];
        wrong[^1] ^= 1;
        Serve(_archive);
        _server.Put(Release + Asset, wrong);

        DeployException error = await Assert.ThrowsAsync<DeployException>(() => InstallAsync());

        Assert.Equal(ErrorTable.RuntimeDamaged, error.Code);
        Assert.Contains(Digest(_archive), error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Downloads));
        Assert.False(Directory.Exists(Installed));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Installed)!));

        _server.Put(Release + Asset, _archive);
        Assert.True((await InstallAsync()).Changed);
    }

    [Fact]
    public async Task Without_a_network_the_error_names_the_file_and_a_file_placed_there_is_used()
    {
        _server.Dispose();

        DeployException error = await Assert.ThrowsAsync<DeployException>(() => InstallAsync(Digest(_archive)));

        Assert.Equal(ErrorTable.RuntimeDownloadFailed, error.Code);
        string place = Path.Combine(Downloads, Asset);
        Assert.Contains($"place the file as '{place}'", error.Remedy, StringComparison.Ordinal);
        await System.IO.File.WriteAllBytesAsync(place, _archive);
        Assert.True((await InstallAsync(Digest(_archive))).Changed);
        Assert.True(System.IO.File.Exists(place));
    }

    [Fact]
    public async Task A_placed_file_is_checked_like_a_download()
    {
        Directory.CreateDirectory(Downloads);
        string place = Path.Combine(Downloads, Asset);
        await System.IO.File.WriteAllBytesAsync(place, _archive);

        DeployException error = await Assert.ThrowsAsync<DeployException>(() => InstallAsync(new string('0', 64)));

        Assert.Equal(ErrorTable.RuntimeDamaged, error.Code);
        Assert.False(System.IO.File.Exists(place));
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task Without_a_checksum_nothing_is_unpacked()
    {
        _server.Put(Release + Asset, _archive);

        DeployException error = await Assert.ThrowsAsync<DeployException>(() => InstallAsync());

        Assert.Equal(ErrorTable.RuntimeUnverified, error.Code);
        Assert.False(Directory.Exists(Installed));
    }

    [Fact]
    public async Task A_built_in_checksum_counts_where_the_address_has_none()
    {
        _server.Put(Release + Asset, _archive);

        Assert.True((await InstallAsync(Digest(_archive))).Changed);
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/tmp/outside-of-the-archive")]
    [InlineData("a/../../outside")]
    public async Task Paths_that_lead_out_of_an_archive_are_refused(string name)
    {
        Serve(Archive(("tool", ""), (name, "out")));

        DeployException error = await Assert.ThrowsAsync<DeployException>(() => InstallAsync());

        Assert.Equal(ErrorTable.RuntimeDamaged, error.Code);
        Assert.False(Directory.Exists(Installed));
        Assert.False(System.IO.File.Exists(Path.Combine(_folder.Path, "runtimes", "tool", "outside")));
    }

    [Fact]
    public async Task A_link_to_a_neighbour_is_unpacked_and_one_that_leads_out_is_not()
    {
        await UnpackAsync(Tar(writer => writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "other") { LinkName = "tool" })), Asset);
        Assert.Equal("tool", new FileInfo(Path.Combine(_folder.Path, "unpacked", "other")).LinkTarget);

        DeployException error = await Assert.ThrowsAsync<DeployException>(() =>
            UnpackAsync(Tar(writer => writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "evil") { LinkName = "../../etc" })), Asset));
        Assert.Equal(ErrorTable.RuntimeDamaged, error.Code);
    }

    [Fact]
    public async Task An_archive_of_xz_is_unpacked()
    {
        string tar = Path.Combine(_folder.Path, "tool.tar");
        await System.IO.File.WriteAllBytesAsync(tar, Tar(writer => writer.WriteEntry(File("tool", "program")), compress: false));
        var request = new ProcessRequest("xz", ["--compress", tar]);
        (await ChildProcess.RunAsync(request, CancellationToken.None)).EnsureSuccess(request);

        await UnpackAsync(await System.IO.File.ReadAllBytesAsync(tar + ".xz"), "tool.tar.xz");

        string unpacked = Path.Combine(_folder.Path, "unpacked");
        Assert.Equal([Path.Combine(unpacked, "tool")], Directory.GetFiles(unpacked));
        Assert.Equal("program", await System.IO.File.ReadAllTextAsync(Path.Combine(unpacked, "tool")));
    }

    [Theory]
    [InlineData("ftp://mirror.example/")]
    [InlineData("https://user:password@mirror.example/")]
    [InlineData("relative/path")]
    public async Task An_address_that_is_none_is_refused(string address)
    {
        DeployException error = await Assert.ThrowsAsync<DeployException>(
            () => Runtimes(null).InstallAsync("tool", new Uri(address, UriKind.RelativeOrAbsolute), _sink, CancellationToken.None));

        Assert.Equal(ErrorTable.InvalidBaseAddress, error.Code);
        Assert.DoesNotContain("password@", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_name_is_an_error_that_lists_the_names()
    {
        DeployException error = await Assert.ThrowsAsync<DeployException>(() => new LocalRuntimes().InstallAsync("kong", null, _sink, CancellationToken.None));

        Assert.Equal(ErrorTable.RuntimeUnknown, error.Code);
        Assert.Contains("postgres, meta, deno, rest, auth", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Npm_is_told_the_exact_version() => Assert.Equal(
        ["install", "--prefix", "/a folder", "--no-save", "--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier", "@supabase/postgres-meta@0.99.0", "esbuild@0.28.2"],
        NpmInstaller.Arguments(RuntimeCatalog.Meta, "/a folder"));

    private static byte[] Archive(params (string Name, string Content)[] files) => Tar(writer =>
    {
        foreach ((string name, string content) in files)
        {
            writer.WriteEntry(File(name, content));
        }
    });

    private static PaxTarEntry File(string name, string content) => new(TarEntryType.RegularFile, name)
    {
        DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)),
        Mode = UnixFileMode.UserRead | UnixFileMode.UserExecute,
    };

    private static byte[] Tar(Action<TarWriter> write, bool compress = true)
    {
        using var bytes = new MemoryStream();
        using (Stream target = compress ? new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true) : bytes)
        using (var writer = new TarWriter(target, leaveOpen: true))
        {
            write(writer);
        }

        return bytes.ToArray();
    }

    private static string Digest(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private Task<LocalRuntime> InstallAsync(string? sha256 = null) => Runtimes(sha256).InstallAsync("tool", _server.Address, _sink, CancellationToken.None);

    private LocalRuntimes Runtimes(string? sha256) => new(new StateFolders { Cache = _folder.Path })
    {
        Times = new DownloadTimes { FirstPause = TimeSpan.FromMilliseconds(1) },
        Packages = [new ReleaseAssetRuntime("tool", "1.0", "maker/tool", new Dictionary<string, ReleaseAsset> { [InstalledRuntimes.Platform] = new(Asset, sha256) }, "tool")],
    };

    private void Serve(byte[] archive)
    {
        _server.Put(Release + Asset, archive);
        _server.Put(Release + Asset + ".sha256", Encoding.ASCII.GetBytes($"{Digest(archive)}  {Asset}\n"));
    }

    private void Leave(byte[] partial)
    {
        Directory.CreateDirectory(Downloads);
        System.IO.File.WriteAllBytes(Path.Combine(Downloads, Asset + ".part"), partial);
    }

    private async Task UnpackAsync(byte[] archive, string name)
    {
        string file = Path.Combine(_folder.Path, name);
        await System.IO.File.WriteAllBytesAsync(file, archive);
        string unpacked = Path.Combine(_folder.Path, "unpacked");
        Directory.CreateDirectory(unpacked);
        await RuntimeArchive.UnpackAsync(file, name, unpacked, CancellationToken.None);
    }
}
