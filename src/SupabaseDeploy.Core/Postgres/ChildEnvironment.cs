using System.Collections;

namespace SupabaseDeploy.Postgres;

/// <summary>
/// What of our own environment a child gets: what a program needs to find its way on the machine, and nothing else.
/// Tokens, database URLs and <c>PG*</c> settings of the caller are not among it.
/// </summary>
internal static class ChildEnvironment
{
    private static readonly HashSet<string> PassedOn = new(StringComparer.OrdinalIgnoreCase)
    {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM", "TMPDIR", "TMP", "TEMP",
        "LD_LIBRARY_PATH", "DOTNET_ROOT", "DEBIAN_FRONTEND",
        "SystemRoot", "SystemDrive", "windir", "ComSpec", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA",
        "ProgramData", "ProgramFiles", "ProgramFiles(x86)", "NUMBER_OF_PROCESSORS",
    };

    /// <summary>The child's whole environment.</summary>
    public static Dictionary<string, string> For(IDictionary ours, IReadOnlyDictionary<string, string?> overrides)
    {
        var result = new Dictionary<string, string>(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        foreach (DictionaryEntry entry in ours)
        {
            string name = (string)entry.Key;
            if (PassedOn.Contains(name) || name.StartsWith("LC_", StringComparison.Ordinal) || name.StartsWith("XDG_", StringComparison.Ordinal))
            {
                result[name] = (string?)entry.Value ?? "";
            }
        }

        foreach ((string name, string? value) in overrides)
        {
            if (value is null)
            {
                result.Remove(name);
            }
            else
            {
                result[name] = value;
            }
        }

        return result;
    }
}
