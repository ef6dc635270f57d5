using System.Globalization;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Postgres;

/// <summary>Where an installation keeps its programs and its shared files, and the folder above both.</summary>
/// <param name="Root">The nearest folder that contains both.</param>
/// <param name="BinFolder">The programs, without symbolic links in the path.</param>
/// <param name="ShareFolder">The shared files; <c>extension</c> is in it.</param>
internal sealed record InstallationLayout(string Root, string BinFolder, string ShareFolder)
{
    /// <summary>The control files and scripts of the installed extensions.</summary>
    public string ExtensionFolder => Path.Combine(ShareFolder, "extension");

    /// <summary>
    /// Looks where PostgreSQL's own build, Debian, Fedora and Homebrew put the shared files. The folder relative to the programs is what
    /// the server computes too.
    /// </summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ExtensionTreeFailed"/>.</exception>
    public static InstallationLayout Of(PostgresInstallation installation)
    {
        string bin = RealPath.Of(Path.GetDirectoryName(RealPath.Of(installation.Program("postgres")))!);
        string major = installation.Version.Major.ToString(CultureInfo.InvariantCulture);
        string[] candidates =
        [
            Path.Combine(bin, "..", "share"),
            Path.Combine(bin, "..", "share", "postgresql"),
            Path.Combine(bin, "..", "share", "postgresql", major),
            Path.Combine(bin, "..", "share", $"postgresql@{major}"),
            Path.Combine(bin, "..", "share", "pgsql"),
            Path.Combine(bin, "..", "..", "..", "..", "share", "postgresql", major),
        ];
        string? share = candidates.FirstOrDefault(candidate => File.Exists(Path.Combine(candidate, "extension", "plpgsql.control")));
        if (share is null)
        {
            throw new DeployException(
                ErrorTable.ExtensionTreeFailed,
                $"The extensions of the PostgreSQL in '{installation.BinFolder}' were not found: no 'extension/plpgsql.control' in {string.Join(", ", candidates.Select(path => $"'{Path.GetFullPath(path)}'"))}.",
                $"Set {PostgresSearch.Variable} to the 'bin' folder of a complete PostgreSQL.",
                installation.BinFolder);
        }

        share = RealPath.Of(share);
        return new InstallationLayout(CommonFolder(bin, share), bin, share);
    }

    /// <summary>Whether an installation has a library that its servers can load, looked for where <see cref="Of"/> looks for the shared files.</summary>
    public static bool HasLibrary(PostgresInstallation installation, string name)
    {
        string bin = RealPath.Of(Path.GetDirectoryName(RealPath.Of(installation.Program("postgres")))!);
        string major = installation.Version.Major.ToString(CultureInfo.InvariantCulture);
        string[][] folders = [["lib"], ["lib", "postgresql"], ["lib", "postgresql", major], ["lib", $"postgresql@{major}"], ["lib", "pgsql"], ["lib64", "pgsql"]];
        return folders.Any(folder => ((string[])[".so", ".dylib", ".dll"]).Any(ending => File.Exists(Path.Combine([bin, "..", .. folder, name + ending]))));
    }

    /// <summary>The longest path that two absolute paths begin with.</summary>
    internal static string CommonFolder(string one, string other)
    {
        string folder = one;
        while (other != folder && !other.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            && Path.GetDirectoryName(folder) is string parent)
        {
            folder = parent;
        }

        return folder;
    }
}
