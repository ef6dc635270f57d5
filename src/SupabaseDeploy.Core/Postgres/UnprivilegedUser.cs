using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Postgres;

/// <summary>The user that PostgreSQL runs as when we are root, which PostgreSQL refuses to run as.</summary>
/// <param name="Name">Its login name: <c>postgres</c> where it exists, else <c>nobody</c>.</param>
/// <param name="Group">The number of its group, or its name.</param>
public sealed record UnprivilegedUser(string Name, string Group)
{
    /// <summary>The user for a process of root; null when we are not root and need none.</summary>
    public static UnprivilegedUser? ForThisProcess() =>
        OperatingSystem.IsWindows() || !System.Environment.IsPrivilegedProcess ? null : Choose(File.ReadAllLines("/etc/passwd"));

    /// <summary>A user that is known to be there.</summary>
    public static UnprivilegedUser Named(string name) => new(name, GroupOf(name));

    /// <summary>The first of <c>postgres</c> and <c>nobody</c> in the lines of a passwd file.</summary>
    internal static UnprivilegedUser Choose(IEnumerable<string> passwd)
    {
        List<string[]> users = passwd.Select(line => line.Split(':')).Where(fields => fields.Length >= 4).ToList();
        string[]? user = users.Find(fields => fields[0] == "postgres") ?? users.Find(fields => fields[0] == "nobody");
        return user is not null
            ? new UnprivilegedUser(user[0], user[3])
            : throw new DeployException(
                ErrorTable.NoUnprivilegedUser,
                "PostgreSQL does not run as root, and there is no user 'postgres' or 'nobody' to run it as.",
                "Create a user 'postgres', or run this as an ordinary user.");
    }

    /// <summary>The command that runs <paramref name="command"/> as <paramref name="user"/>, with the first program of setpriv, runuser and sudo there is.</summary>
    /// <param name="user">Login name.</param>
    /// <param name="group">Name or number of its group.</param>
    /// <param name="find">Gives the path of a program, or null.</param>
    /// <param name="command">Program and arguments.</param>
    internal static IReadOnlyList<string> CommandAs(string user, string group, Func<string, string?> find, IReadOnlyList<string> command)
    {
        // setpriv execs the program itself; the others stay as its parent.
        if (find("setpriv") is string setpriv)
        {
            return [setpriv, $"--reuid={user}", $"--regid={group}", "--init-groups", "--", .. command];
        }

        if (find("runuser") is string runuser)
        {
            return [runuser, "-u", user, "--", .. command];
        }

        return find("sudo") is string sudo
            ? [sudo, "-n", "-E", "-u", user, "--", .. command]
            : throw new DeployException(
                ErrorTable.ProgramNotFound,
                $"Cannot run a program as user '{user}': none of 'setpriv', 'runuser' and 'sudo' was found.",
                "Install util-linux, or run this as an ordinary user.");
    }

    /// <summary>The number of a user's group as <c>/etc/passwd</c> has it, else the user's name, as most groups are called like their user.</summary>
    internal static string GroupOf(string user) =>
        File.ReadLines("/etc/passwd").Select(line => line.Split(':')).FirstOrDefault(fields => fields[0] == user && fields.Length >= 4)?[3] ?? user;
}
