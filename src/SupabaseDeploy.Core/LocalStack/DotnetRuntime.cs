using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>Finds a <c>dotnet</c> that has the ASP.NET Core runtime the gateway is built for.</summary>
internal static class DotnetRuntime
{
    /// <summary>The framework's major version.</summary>
    public static int Major { get; } = Environment.Version.Major;

    /// <summary>The places where this machine may have <c>dotnet</c>, best first.</summary>
    public static IReadOnlyList<string> UsualFolders()
    {
        string?[] folders =
        [
            Environment.GetEnvironmentVariable("DOTNET_ROOT"),
            Path.GetDirectoryName(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")),
            .. ProgramSearch.PathFolders(),
            .. OperatingSystem.IsWindows()
                ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "dotnet")]
                : (string[])["/usr/share/dotnet", "/usr/lib/dotnet", "/usr/lib64/dotnet", "/usr/local/share/dotnet"],
            Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dotnet"),
        ];
        return [.. folders.OfType<string>().Where(folder => folder.Length > 0).Distinct()];
    }

    /// <summary>The first usable <c>dotnet</c> of <paramref name="folders"/>.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.AspNetCoreNotFound"/>; the remedy says how to get it.</exception>
    public static string Find(IReadOnlyList<string> folders)
    {
        List<string> found = [.. folders.Select(folder => ProgramSearch.FindIn(folder, "dotnet")).OfType<string>()];
        return found.FirstOrDefault(HasAspNetCore) ?? throw new DeployException(
            ErrorTable.AspNetCoreNotFound,
            found.Count == 0
                ? $"The gateway needs the ASP.NET Core {Major}.0 runtime, and there is no program 'dotnet' on this machine."
                : $"The gateway needs the ASP.NET Core {Major}.0 runtime, and '{found[0]}' has none.",
            $"Install it from https://dotnet.microsoft.com/download/dotnet/{Major}.0 (on Debian and Ubuntu: 'apt-get install aspnetcore-runtime-{Major}.0'), then check with 'dotnet --list-runtimes'.");
    }

    /// <summary>Looks where <c>dotnet --list-runtimes</c> does: beside the program itself, which on PATH is often a link.</summary>
    private static bool HasAspNetCore(string dotnet)
    {
        string program = File.ResolveLinkTarget(dotnet, returnFinalTarget: true)?.FullName ?? dotnet;
        string frameworks = Path.Combine(Path.GetDirectoryName(program)!, "shared", "Microsoft.AspNetCore.App");
        return Directory.Exists(frameworks) && Directory.EnumerateDirectories(frameworks, $"{Major}.*").Any();
    }
}
