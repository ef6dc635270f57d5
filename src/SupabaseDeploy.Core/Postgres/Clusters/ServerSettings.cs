using System.Globalization;
using System.Text.RegularExpressions;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Postgres;

/// <summary>The settings a server runs with, as lines of <c>server.conf</c>.</summary>
internal static partial class ServerSettings
{
    /// <summary>The line that makes a data folder read <c>server.conf</c> beside it. Relative, so that a copy reads its own.</summary>
    public const string Include = "include = '../server.conf'";

    /// <summary>The parameter that a server on a tree with our extensions has, and no other.</summary>
    public const string Shims = "supabase_deploy.shims";

    private static readonly string[] s_preloadedThere = ["pg_stat_statements"];

    /// <summary>The libraries that somebody set a server to load, with <c>ALTER SYSTEM</c> or in <c>postgresql.conf</c>.</summary>
    public static IReadOnlySet<string> PreloadedLibraries(string data) =>
        ((string[])["postgresql.conf", "postgresql.auto.conf"])
            .Select(name => Path.Combine(data, name))
            .Where(File.Exists)
            .SelectMany(File.ReadLines)
            .Select(line => Preload().Match(line))
            .Where(match => match.Success)
            .SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .ToHashSet(StringComparer.Ordinal);

    /// <summary>What the platform's servers load that is of use without more, where an installation has it: a server does not start without a library it is to load.</summary>
    public static IReadOnlyList<string> Preloaded(PostgresInstallation installation) =>
        [.. s_preloadedThere.Where(library => InstallationLayout.HasLibrary(installation, library))];

    /// <summary>The whole file.</summary>
    /// <param name="port">TCP port on the loopback address.</param>
    /// <param name="isThrowAway">Whether a power failure may lose the data.</param>
    /// <param name="preloaded">The libraries that the platform's servers load and this one has.</param>
    public static string Text(int port, bool isThrowAway, IReadOnlyList<string> preloaded)
    {
        string durable = isThrowAway ? "off" : "on";
        return string.Join('\n',
        [
            "# Written at each start. Settings of your own: ALTER SYSTEM, which goes before this file.",
            "listen_addresses = '127.0.0.1'",
            $"port = {port.ToString(CultureInfo.InvariantCulture)}",
            // A socket's path may have 107 bytes at most, and a project's folder is longer than that sooner or later.
            "unix_socket_directories = ''",
            "password_encryption = 'scram-sha-256'",
            "timezone = 'UTC'",
            "log_timezone = 'UTC'",
            "log_line_prefix = '%m [%p] %q%u@%d '",
            "logging_collector = off",
            // As on the platform: publications need it.
            "wal_level = logical",
            "max_wal_size = 1GB",
            "min_wal_size = 32MB",
            $"fsync = {durable}",
            $"full_page_writes = {durable}",
            $"autovacuum = {durable}",
            // A folder that is copied again and again shall hold no log that is over.
            .. isThrowAway ? (string[])["wal_recycle = off", "wal_init_zero = off"] : [],
            .. preloaded.Count > 0 ? (string[])[$"shared_preload_libraries = '{string.Join(", ", preloaded)}'"] : [],
            $"{Shims} = 'on'",
            "",
        ]);
    }

    /// <summary>Writes the file where the home's data reads it, if it says something else. Need not survive a loss of power: the next start writes it.</summary>
    public static async Task WriteAsync(ClusterHome home, PostgresInstallation installation, int port, bool isThrowAway, CancellationToken cancellationToken)
    {
        const UnixFileMode readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        // What stands before the include would be taken back by it.
        string own = Path.Combine(home.Data, "postgresql.conf");
        bool isSet = File.Exists(own) && File.ReadLines(own).Any(line => Preload().IsMatch(line));
        string text = Text(port, isThrowAway, isSet ? [] : Preloaded(installation));
        if (!File.Exists(home.Configuration) || await File.ReadAllTextAsync(home.Configuration, cancellationToken).ConfigureAwait(false) != text)
        {
            await AtomicFile.WriteAllTextAsync(home.Configuration, text, readable, cancellationToken, isDurable: false).ConfigureAwait(false);
        }
    }

    [GeneratedRegex(@"^\s*shared_preload_libraries\s*=?\s*'([^']*)'", RegexOptions.IgnoreCase)]
    private static partial Regex Preload();
}
