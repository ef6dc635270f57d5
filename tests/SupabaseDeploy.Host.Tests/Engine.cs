using System.Diagnostics;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Host.Tests;

/// <summary>A program that runs PowerShell scripts.</summary>
public sealed record Engine(string Name, string Program)
{
    /// <summary>The host of this repository, as built.</summary>
    public static Engine Host { get; } = new("Host", Path.Combine(
        Repository.Root, "src", "SupabaseDeploy.Host", "bin", "Release", "net10.0", OperatingSystem.IsWindows() ? "SupabaseDeploy.Host.exe" : "SupabaseDeploy.Host"));

    /// <summary>The host, and pwsh where 7.6 or later is on PATH: both must behave the same.</summary>
    public static IReadOnlyList<Engine> All { get; } = FindPwsh() is { } pwsh ? [Host, pwsh] : [Host];

    private static Engine? FindPwsh()
    {
        string name = OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh";
        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .Where(File.Exists)
            .Where(program => VersionOf(program) >= new Version(7, 6))
            .Select(program => new Engine("pwsh", program))
            .FirstOrDefault();
    }

    private static Version VersionOf(string program)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, ["-Version"]) { RedirectStandardOutput = true })!;
        string text = process.StandardOutput.ReadToEnd().Trim(); // PowerShell 7.6.1
        process.WaitForExit();
        return Version.TryParse(text.Split(' ')[^1].Split('-')[0], out Version? version) ? version : new Version();
    }
}
