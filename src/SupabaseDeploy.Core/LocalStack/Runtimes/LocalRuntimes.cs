using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>Gets the programs of the embedded engine that a machine lacks, each in one pinned version, into the user's cache.</summary>
public sealed class LocalRuntimes
{
    /// <summary>The environment variable that names another address than <see cref="DefaultBaseAddress"/>.</summary>
    public const string BaseAddressVariable = "SUPABASE_DEPLOY_RUNTIME_ADDRESS";

    private const string Unfinished = ".installing-";

    private readonly StateFolders _folders;
    private readonly TimeProvider _time;
    private readonly InstalledRuntimes _installed;

    /// <summary>Creates nothing on disk.</summary>
    /// <param name="folders">Null for the folders of this machine.</param>
    /// <param name="timeProvider">Null for the system's time.</param>
    public LocalRuntimes(StateFolders? folders = null, TimeProvider? timeProvider = null)
    {
        _folders = folders ?? StateFolders.OfThisMachine();
        _time = timeProvider ?? TimeProvider.System;
        _installed = new InstalledRuntimes(_folders.Cache);
    }

    /// <summary>What can be installed.</summary>
    public static IReadOnlyList<string> Names { get; } = [RuntimeCatalog.Postgres, .. RuntimeCatalog.All.Select(package => package.Name)];

    /// <summary>Where release assets come from unless another address is given.</summary>
    public static Uri DefaultBaseAddress { get; } = new("https://github.com/");

    /// <summary>Times of downloads.</summary>
    internal DownloadTimes Times { get; init; } = new();

    /// <summary>What there is to install.</summary>
    internal IReadOnlyList<RuntimePackage> Packages { get; init; } = RuntimeCatalog.All;

    /// <summary>What would be installed, for a question: <c>deno 2.9.6 (/home/…/deno/2.9.6)</c>.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.RuntimeUnknown"/>.</exception>
    public string Describe(string name) => IsPostgres(name)
        ? $"{RuntimeCatalog.Postgres} {PostgresInstallations.OldestMajor} or later"
        : $"{Package(name).Name} {Package(name).Version} ({_installed.FolderOf(Package(name))})";

    /// <summary>The runtime as it is installed; null when it is not.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.RuntimeUnknown"/>.</exception>
    public async Task<LocalRuntime?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (IsPostgres(name))
        {
            PostgresInstallation? found = await Task.Run(new PostgresInstallations().Find, cancellationToken).ConfigureAwait(false);
            return found is null ? null : Of(found, changed: false);
        }

        RuntimePackage package = Package(name);
        return _installed.Find(package) is { } folder ? Of(package, folder, changed: false) : null;
    }

    /// <summary>Installs a runtime when it is not there. Two at once wait for each other; one that is interrupted leaves what it downloaded for the next.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="baseAddress">Serves the release assets with GitHub's paths; null for that of <see cref="BaseAddressVariable"/>, else GitHub.</param>
    /// <param name="sink">Is told of the progress.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DeployException">It cannot be got, or is not what it is to be.</exception>
    public async Task<LocalRuntime> InstallAsync(string name, Uri? baseAddress, IProgressSink sink, CancellationToken cancellationToken)
    {
        Uri? address = baseAddress ?? FromVariable();
        Check(address);
        if (await FindAsync(name, cancellationToken).ConfigureAwait(false) is { } found)
        {
            return found;
        }

        if (IsPostgres(name))
        {
            return Of(await new PostgresInstallations().FindOrInstallAsync(null, sink, cancellationToken).ConfigureAwait(false), changed: true);
        }

        return await InstallAsync(Package(name), address, sink, cancellationToken).ConfigureAwait(false);
    }

    private async Task<LocalRuntime> InstallAsync(RuntimePackage package, Uri? address, IProgressSink sink, CancellationToken cancellationToken)
    {
        string folder = _installed.FolderOf(package);
        string parent = Path.GetDirectoryName(folder)!;
        _folders.CreateReachable(_folders.Cache);
        Directory.CreateDirectory(parent);
        using FileLock turn = await FileLock.AcquireAsync(
            parent + ".lock", $"it installs runtime '{package.Name}'", sink, _time, cancellationToken).ConfigureAwait(false);
        if (Directory.Exists(folder))
        {
            return Of(package, folder, changed: false); // The other process did it.
        }

        RemoveUnfinished(parent);
        string unfinished = Path.Combine(parent, $"{Unfinished}{Guid.NewGuid():N}");
        Directory.CreateDirectory(unfinished);
        string activity = $"Install runtime '{package.Name}'";
        try
        {
            await (package switch
            {
                NpmRuntime npm => new NpmInstaller(npm, folder).InstallAsync(unfinished, activity, sink, cancellationToken),
                ReleaseAssetRuntime asset => new ReleaseAssetInstaller(asset, _folders.Downloads, address, Times, _time).InstallAsync(unfinished, activity, sink, cancellationToken),
                _ => throw new InvalidOperationException($"Nothing installs a {package.GetType().Name}."),
            }).ConfigureAwait(false);
            Directory.Move(unfinished, folder);
            return Of(package, folder, changed: true);
        }
        finally
        {
            sink.Publish(new ActivityCompleted(activity));
            RemoveUnfinished(parent);
        }
    }

    // Under the runtime's lock nobody else is at work here: what there is was left by a killed process.
    private static void RemoveUnfinished(string parent)
    {
        foreach (string left in Directory.GetDirectories(parent, Unfinished + "*"))
        {
            Directory.Delete(left, recursive: true);
        }
    }

    private static bool IsPostgres(string name) => name.Equals(RuntimeCatalog.Postgres, StringComparison.OrdinalIgnoreCase);

    private RuntimePackage Package(string name) =>
        Packages.FirstOrDefault(package => package.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? throw new DeployException(
            ErrorTable.RuntimeUnknown, $"There is no runtime '{name}'.", $"Name one of {string.Join(", ", Names)}.", name);

    private static Uri? FromVariable()
    {
        string? text = Environment.GetEnvironmentVariable(BaseAddressVariable);
        return string.IsNullOrWhiteSpace(text) ? null
            : Uri.TryCreate(text, UriKind.Absolute, out Uri? address) ? address
            : throw NoAddress(text);
    }

    private static void Check(Uri? address)
    {
        if (address is not null && (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0))
        {
            throw NoAddress(address.OriginalString);
        }
    }

    private static DeployException NoAddress(string text) => new(
        ErrorTable.InvalidBaseAddress,
        $"'{(text.Contains('@', StringComparison.Ordinal) ? "***" : text)}' is no address that runtimes can be got from.",
        $"Give an address like 'https://mirror.example/' without user and password, with -BaseAddress or in {BaseAddressVariable}.");

    private static LocalRuntime Of(PostgresInstallation installation, bool changed) =>
        new(RuntimeCatalog.Postgres, installation.Version.ToString(), installation.BinFolder, SizeBytes: null, changed);

    private static LocalRuntime Of(RuntimePackage package, string folder, bool changed) =>
        new(package.Name, package.Version, folder, SizeOf(folder), changed);

    private static long SizeOf(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.LinkTarget is null).Sum(file => file.Length);
}
