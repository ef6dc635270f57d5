using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

/// <summary>Finds the PostgreSQL to use: the newest complete one of version 15 or later, or the one that was asked for.</summary>
public sealed partial class PostgresInstallations
{
    /// <summary>The oldest major version that is used.</summary>
    public const int OldestMajor = 15;

    // An installation that was looked at stays what it is for the life of the process; each look costs a process.
    private static readonly ConcurrentDictionary<(string Folder, string? User, DateTime Changed), Inspection> Known = new();

    private readonly PostgresSearch _search;
    private readonly StateFolders _folders;
    private readonly TimeProvider _timeProvider;

    /// <summary>Looks in the places of <paramref name="search"/> and in the cache.</summary>
    /// <param name="search">Null for the usual places of this machine.</param>
    /// <param name="folders">Null for the folders of this machine.</param>
    /// <param name="timeProvider">Null for the system's time.</param>
    public PostgresInstallations(PostgresSearch? search = null, StateFolders? folders = null, TimeProvider? timeProvider = null)
    {
        _search = search ?? PostgresSearch.OfThisMachine();
        _folders = folders ?? StateFolders.OfThisMachine();
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <summary>The newest usable installation; null when there is none. Installs nothing.</summary>
    /// <exception cref="DeployException">The one that was asked for cannot be used.</exception>
    public PostgresInstallation? Find() => FindAsync(null, NullProgressSink.Instance, CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>The newest usable installation of one major version, or of any; null when there is none. Installs nothing.</summary>
    /// <param name="major">The major version that is needed; null for any from 15.</param>
    /// <param name="sink">Is told which was taken, and why.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public async Task<PostgresInstallation?> FindAsync(int? major, IProgressSink sink, CancellationToken cancellationToken)
    {
        PostgresInstallation? chosen = Choose(await InspectAsync(cancellationToken).ConfigureAwait(false), major);
        if (chosen is not null)
        {
            sink.Publish(new Detail($"Using {chosen}: {Why(major)}."));
        }

        return chosen;
    }

    /// <summary>The newest usable installation; gets one when there is none.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.PostgresNotFound"/>, <see cref="ErrorTable.PostgresInstallFailed"/> or <see cref="ErrorTable.PostgresUnusable"/>.</exception>
    public Task<PostgresInstallation> FindOrInstallAsync(IProgressSink sink, CancellationToken cancellationToken) =>
        FindOrInstallAsync(null, sink, cancellationToken);

    /// <summary>The newest usable installation of one major version, or of any; gets one when there is none.</summary>
    public async Task<PostgresInstallation> FindOrInstallAsync(int? major, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (await FindAsync(major, sink, cancellationToken).ConfigureAwait(false) is PostgresInstallation found)
        {
            return found;
        }

        if (_search.CanInstall && DebianPackages.IsUsable && (major is null or >= OldestMajor))
        {
            await GetAsync(major, sink, cancellationToken).ConfigureAwait(false);
            if (await FindAsync(major, sink, cancellationToken).ConfigureAwait(false) is PostgresInstallation got)
            {
                return got;
            }
        }

        throw NotFound(major, await InspectAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Whether there is a usable installation, or one can be got.</summary>
    public async Task<bool> CanProvideAsync(CancellationToken cancellationToken) =>
        (_search.CanInstall && DebianPackages.IsUsable) || await FindAsync(null, NullProgressSink.Instance, cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>The newest of the usable ones; the first found among equals.</summary>
    internal static PostgresInstallation? Choose(IEnumerable<Inspection> inspections, int? major) =>
        inspections
            .Where(inspection => inspection.Installation is not null)
            .Select(inspection => inspection.Installation!)
            .Where(installation => major is null || installation.Version.Major == major)
            .MaxBy(installation => installation.Version);

    /// <summary>The version in what <c>postgres --version</c> prints: <c>postgres (PostgreSQL) 15.18 (Debian …)</c>, <c>18beta1</c>; null when there is none.</summary>
    internal static Version? ParseVersion(string output)
    {
        Match match = VersionPattern().Match(output);
        return match.Success
            ? new Version(Number(match.Groups[1].Value), match.Groups[2].Success ? Number(match.Groups[2].Value) : 0)
            : null;

        static int Number(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);
    }

    /// <summary>Gets PostgreSQL from the system's packages; one process at a time, and only if none got it meanwhile.</summary>
    private async Task GetAsync(int? major, IProgressSink sink, CancellationToken cancellationToken)
    {
        _folders.CreateReachable(_folders.Downloads);
        using FileLock turn = await FileLock.AcquireAsync(
            Path.Combine(_folders.Downloads, "get.lock"), "it gets PostgreSQL", sink, _timeProvider, cancellationToken).ConfigureAwait(false);
        if (await FindAsync(major, NullProgressSink.Instance, cancellationToken).ConfigureAwait(false) is not null)
        {
            return;
        }

        var packages = new DebianPackages(_folders);
        await (System.Environment.IsPrivilegedProcess
            ? packages.InstallAsync(major, sink, cancellationToken)
            : packages.DownloadAsync(major, sink, cancellationToken)).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<Inspection>> InspectAsync(CancellationToken cancellationToken)
    {
        if (_search.Given is string given)
        {
            string folder = Path.GetFullPath(given);
            folder = Directory.Exists(Path.Combine(folder, "bin")) ? Path.Combine(folder, "bin") : folder;
            Inspection inspection = await InspectAsync(folder, _search.GivenBy, [], cancellationToken).ConfigureAwait(false);
            return inspection.Rejection is null ? [inspection] : throw new DeployException(
                ErrorTable.PostgresUnusable,
                $"The PostgreSQL in '{given}', named by {_search.GivenBy}, cannot be used: {inspection.Rejection}.",
                $"Name the folder of a complete PostgreSQL {OldestMajor} or later, or name none to have one found.",
                given);
        }

        var inspections = new List<Inspection>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string folder, string source) in _search.Places.SelectMany(place => place.BinFolders().Select(folder => (folder, place.Source))))
        {
            // A folder of PATH that has nothing of PostgreSQL is not worth a word.
            if (seen.Add(folder) && PostgresInstallation.RequiredPrograms.Any(program => ProgramSearch.FindIn(folder, program) is not null))
            {
                inspections.Add(await InspectAsync(folder, source, [], cancellationToken).ConfigureAwait(false));
            }
        }

        foreach (UnpackedPostgres unpacked in UnpackedPostgres.In(_folders.Downloads))
        {
            inspections.Add(await InspectAsync(unpacked.BinFolder, "cache", unpacked.LibraryFolders, cancellationToken).ConfigureAwait(false));
        }

        return inspections;
    }

    private async Task<Inspection> InspectAsync(string folder, string source, IReadOnlyList<string> libraries, CancellationToken cancellationToken)
    {
        List<string> missing = PostgresInstallation.RequiredPrograms.Where(program => ProgramSearch.FindIn(folder, program) is null).ToList();
        if (missing.Count > 0)
        {
            return Inspection.Rejected(folder, source, $"it lacks {string.Join(", ", missing)}");
        }

        string server = ProgramSearch.FindIn(folder, "postgres")!;
        (string, string?, DateTime) key = (folder, _folders.ServerUser?.Name, File.GetLastWriteTimeUtc(server));
        if (Known.TryGetValue(key, out Inspection? known))
        {
            return known;
        }

        var candidate = new PostgresInstallation(folder, new Version(0, 0), source) { LibraryFolders = libraries };
        ProcessRequest request = candidate.Request("postgres", "--version") with { RunAs = _folders.ServerUser?.Name };
        ProcessResult result = await ChildProcess.RunAsync(request, cancellationToken).ConfigureAwait(false);
        Inspection judged = Judge(candidate, result);
        return judged.Rejection is null ? Known[key] = judged : judged;
    }

    private Inspection Judge(PostgresInstallation candidate, ProcessResult result)
    {
        string who = _folders.ServerUser is null ? "" : $" as user '{_folders.ServerUser.Name}'";
        if (result.ExitCode != 0)
        {
            return Inspection.Rejected(candidate.BinFolder, candidate.Source, $"'postgres --version' does not run{who}: {ProcessResult.LastLines(result.Error, 2)}");
        }

        Version? version = ParseVersion(result.Output);
        if (version is null)
        {
            return Inspection.Rejected(candidate.BinFolder, candidate.Source, $"'postgres --version' says '{result.Output.Trim()}'");
        }

        return version.Major < OldestMajor
            ? Inspection.Rejected(candidate.BinFolder, candidate.Source, $"version {version} is older than {OldestMajor}")
            : new Inspection(candidate.BinFolder, candidate.Source, candidate with { Version = version }, null);
    }

    private string Why(int? major) =>
        _search.Given is not null ? $"named by {_search.GivenBy}"
        : major is not null ? $"the newest of version {major}, which the data was made with"
        : $"the newest complete one from version {OldestMajor}";

    private static DeployException NotFound(int? major, IReadOnlyList<Inspection> seen)
    {
        string tried = seen.Count == 0 ? "none is installed" : string.Join("; ", seen);
        return major is null
            ? new DeployException(
                ErrorTable.PostgresNotFound,
                $"No usable PostgreSQL {OldestMajor} or later was found: {tried}.",
                $"Install it with '{InstallCommand()}', or set {PostgresSearch.Variable} to the 'bin' folder of one.")
            : new DeployException(
                ErrorTable.ClusterVersionMismatch,
                $"The data was made with PostgreSQL {major}, which was not found: {tried}.",
                $"Install PostgreSQL {major}, or take a backup where it is installed and restore it into a new cluster.");
    }

    private static string InstallCommand() =>
        OperatingSystem.IsWindows() ? "winget install PostgreSQL.PostgreSQL.17"
        : OperatingSystem.IsMacOS() ? "brew install postgresql@17"
        : ProgramSearch.Find("dnf") is not null ? "dnf install postgresql-server postgresql"
        : "apt-get install postgresql";

    [GeneratedRegex(@"\bPostgreSQL\)?\s+(\d+)(?:\.(\d+))?")]
    private static partial Regex VersionPattern();

    /// <summary>What was found in one folder: an installation, or the reason why it is none.</summary>
    internal sealed record Inspection(string Folder, string Source, PostgresInstallation? Installation, string? Rejection)
    {
        public static Inspection Rejected(string folder, string source, string why) => new(folder, source, null, why);

        public override string ToString() => Rejection is null ? $"{Installation}" : $"'{Folder}' ({Source}) is not used: {Rejection}";
    }
}
