using System.Text.RegularExpressions;

namespace SupabaseDeploy.LocalStack;

/// <summary>Finds the names of a stack's values that the Flutter applications of a project read.</summary>
internal static partial class DartDefines
{
    private static readonly EnumerationOptions s_ownFiles = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Hidden,
        IgnoreInaccessible = true,
    };

    /// <summary>The names in <c>String.fromEnvironment('…')</c> in the code of the application in a folder, or in folders directly below it.</summary>
    public static IReadOnlySet<string> UsedBy(string project)
    {
        IEnumerable<string> applications = new[] { project }
            .Concat(Directory.Exists(project) ? Directory.EnumerateDirectories(project) : [])
            .Where(folder => File.Exists(Path.Combine(folder, "pubspec.yaml")) && Directory.Exists(Path.Combine(folder, "lib")));
        return applications
            .SelectMany(application => Directory.EnumerateFiles(Path.Combine(application, "lib"), "*.dart", s_ownFiles))
            .SelectMany(file => Reading().Matches(TextOf(file)))
            .Select(match => match.Groups[2].Value)
            .Where(StackValueNames.IsKnown)
            .ToHashSet(StringComparer.Ordinal);
    }

    // What is being saved or may not be read names nothing; Flutter says what is wrong with it.
    private static string TextOf(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [GeneratedRegex("""String\s*\.\s*fromEnvironment\s*\(\s*(['"])([A-Za-z0-9_.-]+)\1""")]
    private static partial Regex Reading();
}
