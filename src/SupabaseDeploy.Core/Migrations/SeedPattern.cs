using System.Text;
using System.Text.RegularExpressions;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Finds files by the patterns of <c>sql_paths</c> as the CLI does: <c>*</c> and <c>?</c> match within one part of a path (so that
/// <c>**</c> is one folder, not any number of them), <c>[a-z]</c> and <c>[^a]</c> one character, <c>\</c> takes the next one as it is.
/// A folder stands for all <c>.sql</c> files under it. Names that begin with a dot are not hidden.
/// </summary>
/// <param name="root">The project's folder, which relative paths start from.</param>
internal sealed class SeedPattern(string root)
{
    private static readonly char[] s_special = ['*', '?', '[', '\\'];

    /// <summary>The files, with forward slashes and relative to the project where the pattern is; null when it is no pattern.</summary>
    public IReadOnlyList<string>? Find(string pattern)
    {
        if (pattern.Split('/').Any(part => ToRegex(part) is null))
        {
            return null;
        }

        return [.. Match(pattern).Order(StringComparer.Ordinal).SelectMany(Files)];
    }

    /// <summary>A path of <c>sql_paths</c> as the CLI records it: relative to the project instead of the folder <c>supabase</c>, without <c>.</c> and <c>..</c>.</summary>
    public static string Normalize(string path)
    {
        string slashed = OperatingSystem.IsWindows() ? path.Replace('\\', '/') : path;
        if (Path.IsPathRooted(slashed))
        {
            return slashed;
        }

        var parts = new List<string> { "supabase" };
        foreach (string part in slashed.Split('/').Where(part => part is not ("" or ".")))
        {
            if (part == ".." && parts.Count > 0 && parts[^1] != "..")
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }

    private IEnumerable<string> Match(string pattern)
    {
        if (pattern.IndexOfAny(s_special) < 0)
        {
            return Path.Exists(FullPath(pattern)) ? [pattern] : [];
        }

        int slash = pattern.LastIndexOf('/');
        string folder = slash switch { < 0 => "", 0 => "/", _ => pattern[..slash] };
        Regex name = ToRegex(pattern[(slash + 1)..])!;
        return from parent in folder.Length == 0 || folder == "/" ? [folder] : Match(folder)
               where Directory.Exists(FullPath(parent))
               from entry in Directory.EnumerateFileSystemEntries(FullPath(parent)).Select(Path.GetFileName)
               where name.IsMatch(entry)
               select parent.Length == 0 || parent.EndsWith('/') ? parent + entry : $"{parent}/{entry}";
    }

    private IEnumerable<string> Files(string path) =>
        Directory.Exists(FullPath(path)) ? Under(path).Order(StringComparer.Ordinal) : [path];

    // A link inside a folder is not followed: it could lead back to where it is.
    private IEnumerable<string> Under(string folder)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(FullPath(folder)).EnumerateFileSystemInfos().Where(entry => entry.LinkTarget is null))
        {
            string path = $"{folder.TrimEnd('/')}/{entry.Name}";
            if (entry is DirectoryInfo)
            {
                foreach (string inside in Under(path))
                {
                    yield return inside;
                }
            }
            else if (entry.Name.EndsWith(".sql", StringComparison.Ordinal))
            {
                yield return path;
            }
        }
    }

    private string FullPath(string path) => Path.Combine(root, path);

    /// <summary>One part of a pattern; null when a bracket or a backslash is not complete.</summary>
    private static Regex? ToRegex(string part)
    {
        var regex = new StringBuilder(@"\A");
        for (int position = 0; position < part.Length; position++)
        {
            switch (part[position])
            {
                case '*':
                    regex.Append(".*");
                    break;
                case '?':
                    regex.Append(@"(?:[\uD800-\uDBFF][\uDC00-\uDFFF]|.)");
                    break;
                case '[':
                    int? end = AppendClass(part, position + 1, regex);
                    if (end is null)
                    {
                        return null;
                    }

                    position = end.Value;
                    break;
                case '\\' when ++position == part.Length:
                    return null;
                default:
                    regex.Append(Regex.Escape(part[position].ToString()));
                    break;
            }
        }

        return new Regex(regex.Append(@"\z").ToString(), RegexOptions.Singleline | RegexOptions.CultureInvariant);
    }

    /// <summary>Gives the place of the closing bracket; null when the class is not complete.</summary>
    private static int? AppendClass(string part, int position, StringBuilder regex)
    {
        regex.Append('[');
        if (position < part.Length && part[position] == '^')
        {
            regex.Append('^');
            position++;
        }

        for (bool isFirst = true; position < part.Length && (isFirst || part[position] != ']'); isFirst = false)
        {
            if (Character(part, ref position) is not char low)
            {
                return null;
            }

            char? high = low;
            if (position < part.Length && part[position] == '-')
            {
                position++;
                high = Character(part, ref position);
            }

            if (high is null)
            {
                return null;
            }

            regex.Append(low <= high ? $@"\u{(int)low:x4}-\u{(int)high:x4}" : "");
        }

        regex.Append(']');
        return position < part.Length ? position : null;
    }

    private static char? Character(string part, ref int position)
    {
        if (position >= part.Length || part[position] is '-' or ']')
        {
            return null;
        }

        if (part[position] == '\\')
        {
            position++;
        }

        return position < part.Length ? part[position++] : null;
    }
}
