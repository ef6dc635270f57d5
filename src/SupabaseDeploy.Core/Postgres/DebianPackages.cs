using System.Globalization;
using System.Text.RegularExpressions;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

/// <summary>Gets PostgreSQL from Debian's packages: installed as root, else downloaded and unpacked into the cache.</summary>
internal sealed partial class DebianPackages(StateFolders folders)
{
    private const string Activity = "Get PostgreSQL";

    // A cluster of Debian's own that starts with the machine is not what anybody asked us for.
    private const string NoClusterFile = "/etc/postgresql-common/createcluster.d/supabase-deploy.conf";

    private static readonly string[] NetworkVariables =
        ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "APT_CONFIG", "SSL_CERT_FILE", "SSL_CERT_DIR"];

    /// <summary>True on Debian and what is made from it.</summary>
    public static bool IsUsable => OperatingSystem.IsLinux() && ProgramSearch.Find("apt-get") is not null && ProgramSearch.Find("dpkg") is not null;

    /// <summary>Installs the newest version that the package sources have, or one major version, for the whole system.</summary>
    public async Task InstallAsync(int? major, IProgressSink sink, CancellationToken cancellationToken)
    {
        sink.Publish(new Notice("No PostgreSQL was found: installing Debian's package. No server of the system's own is set up."));
        try
        {
            Tell(sink, "Reading the package lists", 0);
            await RunAsync("apt-get", ["update", "-q", "-o", "DPkg::Lock::Timeout=120"], cancellationToken).ConfigureAwait(false);
            int version = await NewestAsync([], major, cancellationToken).ConfigureAwait(false);
            Tell(sink, $"Installing postgresql-{version}", 20);
            await InstallWithoutClusterAsync(version, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            sink.Publish(new ActivityCompleted(Activity));
        }
    }

    /// <summary>Downloads the packages and unpacks them into the cache. Needs no rights.</summary>
    public async Task DownloadAsync(int? major, IProgressSink sink, CancellationToken cancellationToken)
    {
        sink.Publish(new Notice($"No PostgreSQL was found: downloading Debian's packages and unpacking them into '{folders.Downloads}'."));
        string work = Path.Combine(folders.Downloads, $"getting-{Guid.NewGuid():N}");
        Directory.CreateDirectory(work);
        try
        {
            await DownloadAsync(work, major, sink, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
            sink.Publish(new ActivityCompleted(Activity));
        }
    }

    /// <summary>The arguments of the installation.</summary>
    internal static IReadOnlyList<string> InstallArguments(int version) =>
    [
        "install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120",
        $"postgresql-{version.ToString(CultureInfo.InvariantCulture)}", $"postgresql-client-{version.ToString(CultureInfo.InvariantCulture)}",
    ];

    /// <summary>The options that make apt keep its lists in a folder of ours: the system's are root's, and may be old or missing.</summary>
    internal static IReadOnlyList<string> OwnLists(string folder) =>
    [
        "-o", "Dir::State=" + Path.Combine(folder, "state"),
        "-o", "Dir::State::status=/var/lib/dpkg/status",
        "-o", "Dir::Cache=" + Path.Combine(folder, "cache"),
        // Run by an ordinary user, apt has no other user to become.
        "-o", "APT::Sandbox::User=",
    ];

    /// <summary>The newest of the package names that is a server from version 15 on, or of one version; null when there is none.</summary>
    internal static int? Newest(string packageNames, int? major) =>
        packageNames.Split('\n', StringSplitOptions.TrimEntries)
            .Select(name => ServerPackage().Match(name))
            .Where(match => match.Success)
            .Select(match => (int?)int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))
            .Where(version => major is null ? version >= PostgresInstallations.OldestMajor : version == major)
            .Max();

    private async Task DownloadAsync(string work, int? major, IProgressSink sink, CancellationToken cancellationToken)
    {
        Tell(sink, "Reading the package lists", 0);
        string lists = Path.Combine(work, "apt");
        Directory.CreateDirectory(Path.Combine(lists, "state", "lists", "partial"));
        Directory.CreateDirectory(Path.Combine(lists, "cache", "archives", "partial"));
        IReadOnlyList<string> own = OwnLists(lists);
        await RunAsync("apt-get", [.. own, "update", "-q"], cancellationToken).ConfigureAwait(false);

        int version = await NewestAsync(own, major, cancellationToken).ConfigureAwait(false);
        string[] roots = [$"postgresql-{version}", $"postgresql-client-{version}", "libpq5"];
        IReadOnlyList<string> packages = await ToUnpackAsync(own, roots, cancellationToken).ConfigureAwait(false);
        Tell(sink, $"Downloading {packages.Count} packages: {string.Join(", ", packages)}", 30);
        await RunAsync("apt-get", [.. own, "download", "-q", .. packages], cancellationToken, work).ConfigureAwait(false);

        Tell(sink, "Unpacking", 80);
        string root = Path.Combine(work, "root");
        foreach (string package in Directory.GetFiles(work, "*.deb"))
        {
            await RunAsync("dpkg", ["-x", package, root], cancellationToken).ConfigureAwait(false);
        }

        LeaveOutQueryCompiler(root);
        await KeepAsync(new UnpackedPostgres(root), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives the unpacked folder its final name when its server runs.</summary>
    private async Task KeepAsync(UnpackedPostgres unpacked, CancellationToken cancellationToken)
    {
        var installation = new PostgresInstallation(unpacked.BinFolder, new Version(), "cache") { LibraryFolders = unpacked.LibraryFolders };
        ProcessRequest request = installation.Request("postgres", "--version");
        ProcessResult result = (await ChildProcess.RunAsync(request, cancellationToken).ConfigureAwait(false)).EnsureSuccess(request);
        string target = Path.Combine(folders.Downloads, $"{UnpackedPostgres.Prefix}{PostgresInstallations.ParseVersion(result.Output)}");
        if (!Directory.Exists(target))
        {
            Directory.Move(unpacked.Folder, target);
        }
    }

    // The server would try to load it, and it needs a library that was not downloaded.
    private static void LeaveOutQueryCompiler(string root)
    {
        foreach (string file in Directory.GetFiles(Path.Combine(root, "usr", "lib", "postgresql"), "llvmjit*.so", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }
    }

    private static async Task<IReadOnlyList<string>> ToUnpackAsync(IReadOnlyList<string> own, IReadOnlyList<string> roots, CancellationToken cancellationToken)
    {
        string[] depends = ["depends", "--recurse", "--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances"];
        string tree = await RunAsync("apt-cache", [.. own, .. depends, .. roots], cancellationToken).ConfigureAwait(false);
        string status = await RunAsync("dpkg-query", ["-W", "-f", "${db:Status-Status} ${Package}\n"], cancellationToken).ConfigureAwait(false);
        HashSet<string> installed = status.Split('\n')
            .Where(line => line.StartsWith("installed ", StringComparison.Ordinal))
            .Select(line => line["installed ".Length..])
            .ToHashSet(StringComparer.Ordinal);
        return PackageDependencies.ToUnpack(tree, roots, installed);
    }

    private static async Task InstallWithoutClusterAsync(int version, CancellationToken cancellationToken)
    {
        AtomicFile.WriteAllText(NoClusterFile, "create_main_cluster = false\n");
        try
        {
            await RunAsync("apt-get", InstallArguments(version), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            File.Delete(NoClusterFile);
        }
    }

    private static async Task<int> NewestAsync(IReadOnlyList<string> options, int? major, CancellationToken cancellationToken)
    {
        string names = await RunAsync("apt-cache", [.. options, "pkgnames", "postgresql-"], cancellationToken).ConfigureAwait(false);
        return Newest(names, major) ?? throw new DeployException(
            ErrorTable.PostgresInstallFailed,
            $"The package sources of this machine have no 'postgresql-{major ?? PostgresInstallations.OldestMajor}'{(major is null ? " or later" : "")}.",
            "Add the package source of postgresql.org (https://wiki.postgresql.org/wiki/Apt), or install PostgreSQL in another way.");
    }

    private static async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken, string? folder = null)
    {
        var environment = NetworkVariables.ToDictionary(name => name, System.Environment.GetEnvironmentVariable);
        environment["DEBIAN_FRONTEND"] = "noninteractive";
        environment["LC_ALL"] = "C";
        var request = new ProcessRequest(program, arguments) { Environment = environment, WorkingDirectory = folder };
        ProcessResult result = await ChildProcess.RunAsync(request, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0 ? result.Output : throw new DeployException(
            ErrorTable.PostgresInstallFailed,
            $"PostgreSQL could not be got from the package sources: '{program}' ended with exit code {result.ExitCode}: {ProcessResult.LastLines(result.Error.Length > 0 ? result.Error : result.Output, 5)}",
            $"Check the network and the package sources, or install PostgreSQL {PostgresInstallations.OldestMajor} or later yourself.");
    }

    private static void Tell(IProgressSink sink, string status, double percent) => sink.Publish(new ActivityProgress(Activity, status, percent));

    [GeneratedRegex("^postgresql-([0-9]+)$")]
    private static partial Regex ServerPackage();
}
