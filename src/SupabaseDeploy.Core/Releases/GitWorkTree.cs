using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Releases;

/// <summary>What git knows of the project folder.</summary>
/// <param name="Commit">The commit that is checked out (40 digits).</param>
/// <param name="IsDirty">True when there are changes, or new files, that the commit does not hold.</param>
internal sealed record GitWorkTree(string Commit, bool IsDirty)
{
    private const int NoCommitYet = 1;

    /// <summary>Asks git about <paramref name="folder"/>; null outside a repository, before the first commit, and where git is not installed.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ProgramFailed"/>: there is a repository, and git refuses to read it.</exception>
    public static async Task<GitWorkTree?> FindAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            ProcessRequest question = Request(folder, CommitArguments);
            ProcessResult commit = await ChildProcess.RunAsync(question, cancellationToken).ConfigureAwait(false);
            if (commit.ExitCode == NoCommitYet || commit.Error.Contains("not a git repository", StringComparison.Ordinal))
            {
                return null;
            }

            commit.EnsureSuccess(question); // Git refuses a repository of another user: without its commit the release would be another one.
            ProcessRequest request = Request(folder, StatusArguments);
            ProcessResult status = await ChildProcess.RunAsync(request, cancellationToken).ConfigureAwait(false);
            status.EnsureSuccess(request);
            return new GitWorkTree(commit.Output.Trim(), status.Output.Length > 0);
        }
        catch (DeployException e) when (e.Code == ErrorTable.ProgramNotFound)
        {
            return null;
        }
    }

    /// <summary>Prints the commit that is checked out.</summary>
    internal static IReadOnlyList<string> CommitArguments { get; } = ["rev-parse", "--verify", "--quiet", "HEAD"];

    /// <summary>Prints one line a change below the folder. Our own state folder is no part of what is released.</summary>
    internal static IReadOnlyList<string> StatusArguments { get; } =
        ["status", "--porcelain", "--untracked-files=normal", "--", ".", ":(exclude).supabase-deploy"];

    // Reading must not wait for, or leave behind, the lock of an index that somebody else is writing.
    private static ProcessRequest Request(string folder, IReadOnlyList<string> arguments) => new("git", arguments)
    {
        WorkingDirectory = folder,
        Environment = new Dictionary<string, string?> { ["GIT_OPTIONAL_LOCKS"] = "0", ["LC_ALL"] = "C" },
    };
}
