using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.FlutterApps;

/// <summary>Finds the program <c>flutter</c> and says what of our own environment it gets.</summary>
public static class FlutterSdk
{
    // What Flutter, Dart's package manager, the browsers and the platforms' own builds read. Nothing of it is a secret of this product.
    private static readonly string[] s_passedOn =
    [
        "FLUTTER_ROOT", "FLUTTER_STORAGE_BASE_URL", "FLUTTER_GIT_URL", "PUB_CACHE", "PUB_HOSTED_URL", "PUB_ENVIRONMENT", "CHROME_EXECUTABLE", "EDGE_EXECUTABLE",
        "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
        "JAVA_HOME", "ANDROID_HOME", "ANDROID_SDK_ROOT", "GRADLE_USER_HOME", "DEVELOPER_DIR", "CI",
    ];

    /// <summary>The program's file: <c>bin/flutter</c> of <c>FLUTTER_ROOT</c> where that is set and has one, else the first on PATH.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.FlutterNotFound"/>.</exception>
    public static string Find() => Find(System.Environment.GetEnvironmentVariable("FLUTTER_ROOT"), ProgramSearch.PathFolders());

    internal static string Find(string? root, IEnumerable<string> folders)
    {
        string name = OperatingSystem.IsWindows() ? "flutter.bat" : "flutter";
        IEnumerable<string> all = root is { Length: > 0 } ? folders.Prepend(Path.Combine(root, "bin")) : folders;
        return all.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists) ?? throw new DeployException(
            ErrorTable.FlutterNotFound,
            $"The program 'flutter' was not found{(root is { Length: > 0 } ? $" in 'bin' of FLUTTER_ROOT '{root}' or on PATH" : " on PATH, and FLUTTER_ROOT is not set")}.",
            "Install the Flutter SDK (https://docs.flutter.dev/get-started/install) and put its 'bin' folder on PATH, or set FLUTTER_ROOT to its folder.",
            "flutter");
    }

    /// <summary>The variables that a run of Flutter gets besides the usual ones.</summary>
    internal static IReadOnlyDictionary<string, string?> Environment() => s_passedOn
        .Select(name => (Name: name, Value: System.Environment.GetEnvironmentVariable(name)))
        .Where(variable => variable.Value is not null)
        // Windows does not tell names apart by case.
        .DistinctBy(variable => variable.Name, OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal)
        .ToDictionary(variable => variable.Name, variable => variable.Value);
}
