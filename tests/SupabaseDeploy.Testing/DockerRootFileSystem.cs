using System.Formats.Tar;

namespace SupabaseDeploy.Testing;

/// <summary>The root file system of an image, made of this machine's files: Debian's <c>busybox-static</c> and what a test adds.</summary>
internal sealed class DockerRootFileSystem : IAsyncDisposable
{
    private const UnixFileMode Executable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private static readonly string[] s_applets =
        ["sh", "cat", "chmod", "chown", "cp", "env", "httpd", "id", "ls", "mkdir", "nc", "rm", "sed", "sleep", "su", "test", "true", "wget"];

    private readonly FileStream _file = File.Create(Path.GetTempFileName(), 1 << 16, FileOptions.DeleteOnClose);
    private readonly TarWriter _tar;
    private readonly HashSet<string> _names = [];

    private DockerRootFileSystem() => _tar = new TarWriter(_file, TarEntryFormat.Pax, leaveOpen: true);

    /// <summary>A system with a shell, a few commands and the users root and postgres.</summary>
    public static async Task<DockerRootFileSystem> CreateAsync()
    {
        var system = new DockerRootFileSystem();
        system.AddFile("bin/busybox", await DebianProgram.FindOrInstallAsync("busybox", "busybox-static"));
        foreach (string applet in s_applets)
        {
            system.AddLink($"bin/{applet}", "/bin/busybox");
        }

        system.AddText("etc/passwd", "root:x:0:0:root:/:/bin/sh\npostgres:x:70:70:postgres:/var/lib/postgresql:/bin/sh\n");
        system.AddText("etc/group", "root:x:0:\npostgres:x:70:\n");
        system.AddFolder("tmp", Executable | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite | UnixFileMode.StickyBit);
        return system;
    }

    /// <summary>Adds a file, or what it links to, under its own path or another one.</summary>
    public void AddFile(string path, string source)
    {
        if (!_names.Add(path))
        {
            return;
        }

        using FileStream content = File.OpenRead(source);
        _tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path) { Mode = Executable, DataStream = content });
    }

    public void AddFile(string absolutePath) => AddFile(absolutePath.TrimStart('/'), absolutePath);

    /// <summary>Adds a folder with the files in it that are wanted.</summary>
    public void AddTree(string source, string path, Func<string, bool> isWanted)
    {
        foreach (string folder in Directory.EnumerateDirectories(source, "*", SearchOption.AllDirectories))
        {
            AddFolder($"{path}/{Path.GetRelativePath(source, folder)}");
        }

        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories).Where(isWanted))
        {
            AddFile($"{path}/{Path.GetRelativePath(source, file)}", file);
        }
    }

    public void AddText(string path, string text)
    {
        using var content = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
        _tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path) { Mode = Executable, DataStream = content });
    }

    public void AddFolder(string path, UnixFileMode mode = Executable) => _tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, path) { Mode = mode });

    public void AddLink(string path, string target) => _tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, path) { LinkName = target });

    /// <summary>The archive, to be read once.</summary>
    public Stream Finish()
    {
        _tar.Dispose();
        _file.Position = 0;
        return _file;
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
