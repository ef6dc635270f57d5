namespace SupabaseDeploy.Host.CommandLine;

/// <summary>
/// Reads the command line as pwsh does (<c>CommandLineParameterParser</c>): switches may be shortened, start with <c>-</c>, <c>--</c> or
/// <c>/</c>, and end at the first <c>-File</c>, <c>-Command</c> or name of a script.
/// </summary>
internal static class CommandLineParser
{
    private static readonly string[] s_policies = ["Default", "RemoteSigned", "Bypass", "AllSigned", "Restricted", "Unrestricted", "Undefined"];

    private static readonly string[] s_switches =
        ["Command", "EncodedCommand", "ExecutionPolicy", "File", "Help", "NoExit", "NoLogo", "NonInteractive", "NoProfile", "Version", "WorkingDirectory"];

    public static HostOptions Parse(IReadOnlyList<string> arguments, bool inputIsRedirected)
    {
        var options = new HostOptions();
        for (int at = 0; at < arguments.Count && options.Mode != HostMode.Refused; at++)
        {
            string word = arguments[at].Trim();
            if (word.Length == 0)
            {
                continue;
            }

            string? name = SwitchName(word);
            switch (name)
            {
                case null:
                    return ForFile(options, arguments, at);
                case var _ when Is(name, "version", "v"):
                    return options with { Mode = HostMode.Version };
                case var _ when Is(name, "help", "h") || name == "?":
                    return options with { Mode = HostMode.Help };
                case var _ when Is(name, "noexit", "noe"):
                    options = options with { NoExit = true };
                    break;
                case var _ when Is(name, "noprofile", "nop") || Is(name, "noprofileloadtime", "noprofileloadtime") || Is(name, "login", "l"):
                    break; // This host runs no profiles.
                case var _ when Is(name, "nologo", "nol"):
                    options = options with { NoLogo = true };
                    break;
                case var _ when Is(name, "noninteractive", "noni"):
                    options = options with { NonInteractive = true };
                    break;
                case var _ when Is(name, "interactive", "i"):
                    options = options with { NonInteractive = false };
                    break;
                case var _ when Is(name, "commandwithargs", "commandwithargs") || name == "cwa":
                    return ForCommand(options, arguments, at + 1, inputIsRedirected, takesArguments: true);
                case var _ when Is(name, "command", "c"):
                    return ForCommand(options, arguments, at + 1, inputIsRedirected, takesArguments: false);
                case var _ when Is(name, "encodedcommand", "e") || name == "ec":
                    return ForEncodedCommand(options, arguments, at + 1);
                case var _ when Is(name, "file", "f"):
                    return ForFile(options, arguments, at + 1);
                case var _ when Is(name, "executionpolicy", "ex") || name == "ep":
                    options = WithPolicy(options, arguments.ElementAtOrDefault(++at));
                    break;
                case var _ when Is(name, "workingdirectory", "wo") || name == "wd":
                    options = WithFolder(options, arguments.ElementAtOrDefault(++at));
                    break;
                default:
                    return ForFile(options, arguments, at);
            }
        }

        return options;
    }

    /// <summary>The word without its dashes or slash, in lower case; null when it is no switch.</summary>
    private static string? SwitchName(string word)
    {
        if (word[0] is not ('-' or '/' or '\u2013' or '\u2014' or '\u2015'))
        {
            return null;
        }

        string name = word[1..];
        return (name.Length > 0 && word[0] != '/' && name[0] == word[0] ? name[1..] : name).ToLowerInvariant();
    }

    private static bool Is(string name, string match, string shortest) =>
        match.StartsWith(name, StringComparison.Ordinal) && name.Length >= shortest.Length;

    private static HostOptions ForFile(HostOptions options, IReadOnlyList<string> arguments, int at)
    {
        if (at >= arguments.Count)
        {
            return options.Refuse("The command cannot be run because -File needs the path of a script.", showHelp: true);
        }

        string given = arguments[at];
        if (given == "-")
        {
            return options with { Mode = HostMode.Prompt };
        }

        string path = Path.GetFullPath(OperatingSystem.IsWindows() ? given : given.Replace('\\', '/'));
        if (File.Exists(path))
        {
            return options with { Mode = HostMode.File, File = path, Arguments = ScriptArguments.From(arguments.Skip(at + 1)) };
        }

        string[] similar = given.Length > 1 && given[0] == '-'
            ? [.. s_switches.Where(known => known.Contains(given[1..], StringComparison.OrdinalIgnoreCase))]
            : [];
        return similar.Length > 0
            ? options.Refuse($"Invalid argument '{given}', did you mean:{Environment.NewLine}{string.Concat(similar.Select(known => $"{Environment.NewLine}  -{known}"))}")
            : options.Refuse($"The argument '{given}' is not recognized as the name of a script file. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.", showHelp: true);
    }

    private static HostOptions ForCommand(HostOptions options, IReadOnlyList<string> arguments, int at, bool inputIsRedirected, bool takesArguments)
    {
        if (at >= arguments.Count)
        {
            return options.Refuse("The command cannot be run because -Command needs a command after it.", showHelp: true);
        }

        if (arguments[at] != "-")
        {
            return takesArguments
                ? options with { Mode = HostMode.Command, Command = arguments[at], Arguments = ScriptArguments.From(arguments.Skip(at + 1)) }
                : options with { Mode = HostMode.Command, Command = string.Join(' ', arguments.Skip(at)) };
        }

        if (at + 1 < arguments.Count)
        {
            return options.Refuse("'-' after -Command reads the commands from standard input: nothing may follow it.", showHelp: true);
        }

        return inputIsRedirected
            ? options with { Mode = HostMode.Prompt, NoLogo = true }
            : options.Refuse("'-' after -Command reads the commands from standard input, which is not redirected.", showHelp: true);
    }

    private static HostOptions ForEncodedCommand(HostOptions options, IReadOnlyList<string> arguments, int at)
    {
        try
        {
            return options with
            {
                Mode = HostMode.Command,
                Command = System.Text.Encoding.Unicode.GetString(Convert.FromBase64String(arguments.ElementAtOrDefault(at) ?? " ")),
            };
        }
        catch (FormatException)
        {
            return options.Refuse("The value of -EncodedCommand is not Base64 of UTF-16 text.", showHelp: true);
        }
    }

    private static HostOptions WithPolicy(HostOptions options, string? policy) =>
        s_policies.Contains(policy, StringComparer.OrdinalIgnoreCase)
            ? options with { ExecutionPolicy = policy }
            : options.Refuse($"Invalid ExecutionPolicy value '{policy}'.", showHelp: true);

    private static HostOptions WithFolder(HostOptions options, string? folder) => folder switch
    {
        null => options.Refuse("-WorkingDirectory needs the path of a folder."),
        _ when !Directory.Exists(folder) => options.Refuse($"The folder '{folder}' of -WorkingDirectory does not exist."),
        _ => options with { WorkingDirectory = Path.GetFullPath(folder) },
    };
}
