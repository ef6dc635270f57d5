using System.Security.Cryptography;
using System.Text;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

/// <summary>
/// Private copies of an installation that differ from it in their extensions alone. PostgreSQL finds its files relative to the real path of
/// its executable (<c>find_my_exec</c>), so in a tree that executable is a copy, and nearly everything else a link.
/// </summary>
internal sealed class ExtensionTrees(StateFolders folders, TimeProvider timeProvider)
{
    // Raised when trees are made otherwise than before.
    private const int Format = 3;
    private const string Unfinished = ".making";
    private static readonly TimeSpan UnusedFor = TimeSpan.FromDays(14);

    // A program finds its files by its own place, and pg_ctl the server by its own.
    private static readonly string[] Copied = ["postgres", "pg_ctl"];

    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private string Folder => Path.Combine(folders.Cache, "trees");

    /// <summary>The installation to run servers with; makes its tree when there is none yet for what is installed now.</summary>
    /// <param name="installation">What is installed.</param>
    /// <param name="preloaded">Libraries that the server is set to load: their extensions are used even if they work in one database only.</param>
    /// <param name="sink">Is told when it waits for another process.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<PostgresInstallation> ProvideAsync(
        PostgresInstallation installation, IReadOnlySet<string> preloaded, IProgressSink sink, CancellationToken cancellationToken)
    {
        var layout = InstallationLayout.Of(installation);
        string[] original = [.. ShimExtensions.OfOneDatabase.Where(preloaded.Contains).Order(StringComparer.Ordinal)];
        string tree = Path.Combine(Folder, Key(installation, layout, original));
        PostgresInstallation served = installation with { BinFolder = Path.Combine(tree, Path.GetRelativePath(layout.Root, layout.BinFolder)) };
        if (IsWhole(layout, served))
        {
            Directory.SetLastWriteTimeUtc(tree, timeProvider.GetUtcNow().UtcDateTime);
            return served;
        }

        folders.CreateReachable(Folder);
        using FileLock turn = await FileLock.AcquireAsync(tree + ".lock", "it prepares PostgreSQL's extensions", sink, timeProvider, cancellationToken).ConfigureAwait(false);
        if (!IsWhole(layout, served))
        {
            sink.Publish(new Detail($"Preparing the extensions of {installation} in '{tree}'."));
            Delete(tree);
            Delete(tree + Unfinished);
            Make(tree + Unfinished, layout, original);
            Directory.Move(tree + Unfinished, tree);
            DeleteUnused();
        }

        return served;
    }

    /// <summary>Deletes the trees that no server was started from for long, except where one still runs; only Linux says so.</summary>
    private void DeleteUnused()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        DateTime limit = (timeProvider.GetUtcNow() - UnusedFor).UtcDateTime;
        foreach (string old in Directory.GetDirectories(Folder).Where(folder => Directory.GetLastWriteTimeUtc(folder) < limit))
        {
            using FileLock? free = FileLock.TryAcquire((old.EndsWith(Unfinished, StringComparison.Ordinal) ? old[..^Unfinished.Length] : old) + ".lock");
            if (free is not null && !ServerProcess.RunsFrom(old))
            {
                Delete(old);
            }
        }
    }

    private static string Key(PostgresInstallation installation, InstallationLayout layout, IReadOnlyList<string> original)
    {
        // An update of the server and a package of extensions each change one of the times.
        DateTime server = File.GetLastWriteTimeUtc(Path.Combine(layout.BinFolder, Path.GetFileName(installation.Program("postgres"))));
        DateTime extensions = Directory.GetLastWriteTimeUtc(layout.ExtensionFolder);
        string text = string.Join('\n', [$"{Format}", layout.BinFolder, layout.ShareFolder, $"{server.Ticks}", $"{extensions.Ticks}", ShimExtensions.Hash, .. original]);
        return $"{installation.Version}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]}";
    }

    /// <summary>Whether the copies are there in full: a power failure may leave a tree whose files were not written.</summary>
    private static bool IsWhole(InstallationLayout layout, PostgresInstallation served) =>
        Copied.All(program => ProgramSearch.FindIn(layout.BinFolder, program) is string source
            && new FileInfo(Path.Combine(served.BinFolder, Path.GetFileName(source))) is { Exists: true } copy
            && copy.Length == new FileInfo(source).Length);

    private void Make(string tree, InstallationLayout layout, IReadOnlyList<string> original)
    {
        HashSet<string> opened = [.. Between(layout.Root, layout.BinFolder), .. Between(layout.Root, layout.ExtensionFolder)];
        foreach (string folder in opened.Where(folder => folder != layout.BinFolder && folder != layout.ExtensionFolder))
        {
            string target = Path.Combine(tree, Path.GetRelativePath(layout.Root, folder));
            folders.CreateReachable(target);
            foreach (string entry in Directory.EnumerateFileSystemEntries(folder).Where(entry => !opened.Contains(entry)))
            {
                Link(entry, Path.Combine(target, Path.GetFileName(entry)));
            }
        }

        MakePrograms(Path.Combine(tree, Path.GetRelativePath(layout.Root, layout.BinFolder)), layout);
        MakeExtensions(Path.Combine(tree, Path.GetRelativePath(layout.Root, layout.ExtensionFolder)), layout, original);
    }

    private void MakePrograms(string target, InstallationLayout layout)
    {
        folders.CreateReachable(target);
        foreach (string program in PostgresInstallation.RequiredPrograms)
        {
            string source = ProgramSearch.FindIn(layout.BinFolder, program)!;
            string copy = Path.Combine(target, Path.GetFileName(source));
            if (Copied.Contains(program))
            {
                File.Copy(source, copy);
                SetMode(copy, Executable);
            }
            else
            {
                Link(source, copy);
            }
        }
    }

    private void MakeExtensions(string target, InstallationLayout layout, IReadOnlyList<string> original)
    {
        folders.CreateReachable(target);
        HashSet<string> installed = [.. Directory.EnumerateFiles(layout.ExtensionFolder, "*.control").Select(file => Path.GetFileNameWithoutExtension(file))];
        ShimExtension[] shims =
            [.. ShimExtensions.All.Where(shim => !installed.Contains(shim.Name) || (ShimExtensions.OfOneDatabase.Contains(shim.Name) && !original.Contains(shim.Name)))];
        foreach (string entry in Directory.EnumerateFileSystemEntries(layout.ExtensionFolder))
        {
            string file = Path.GetFileName(entry);
            string name = Path.GetFileNameWithoutExtension(file).Split("--")[0];
            bool isShim = shims.Any(shim => shim.Name == name);
            if (!isShim && file.EndsWith(".control", StringComparison.Ordinal) && ShimExtensions.Trusted.Contains(name))
            {
                // PostgreSQL takes the last of two lines that say the same. As on the platform, what the extension makes belongs to the superuser,
                // also where any role could create it: default privileges that postgres revokes do not take its functions away.
                Write(Path.Combine(target, file), File.ReadAllText(entry).TrimEnd() + "\nsuperuser = true\ntrusted = true\n");
            }
            else if (!isShim)
            {
                Link(entry, Path.Combine(target, file));
            }
        }

        foreach (ShimExtension shim in shims)
        {
            Write(Path.Combine(target, shim.Name + ".control"), shim.Control);
            string script = ShimExtensions.Script(shim);
            foreach (string version in shim.OtherVersions.Prepend(shim.Version))
            {
                Write(Path.Combine(target, $"{shim.Name}--{version}.sql"), script);
            }
        }
    }

    /// <summary>A folder, and those between it and the one below, both included.</summary>
    private static IEnumerable<string> Between(string root, string folder)
    {
        for (string? current = folder; current is not null; current = current == root ? null : Path.GetDirectoryName(current))
        {
            yield return current;
        }
    }

    private static void Link(string source, string link)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.CreateSymbolicLink(link, source);
        }
        else if (Directory.Exists(source))
        {
            // A link takes a right there that an ordinary user does not have.
            FolderCopy.Run(source, link, CancellationToken.None);
        }
        else
        {
            File.Copy(source, link);
        }
    }

    private static void Write(string file, string text)
    {
        File.WriteAllText(file, text);
        SetMode(file, Readable);
    }

    private static void SetMode(string file, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, mode);
        }
    }

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
