using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Postgres;

/// <summary>PostgreSQL runs another way for root. Whoever runs these tests, clusters must work for an ordinary user too.</summary>
public sealed class OrdinaryUserTests
{
    [Fact]
    public async Task Clusters_start_recover_and_go_for_a_user_who_is_not_root()
    {
        if (!System.Environment.IsPrivilegedProcess)
        {
            Assert.Null(StateFolders.OfThisMachine().ServerUser);
            return;
        }

        // Below the system's temporary folder, as the repository and root's home may be closed to others.
        using var folder = new TemporaryFolder();
        string tests = Path.Combine(folder.Path, "tests");
        string home = Directory.CreateDirectory(Path.Combine(folder.Path, "home")).FullName;
        await RunAsync(new ProcessRequest("cp", ["-r", AppContext.BaseDirectory, tests]));
        await RunAsync(new ProcessRequest("chown", ["-R", "nobody:", folder.Path]));

        string[] methods =
        [
            "*PostgresClusterTests.A_cluster_starts_*", "*PostgresClusterTests.Of_two_*", "*PostgresClusterTests.Removing_*", "*PostgresClusterTests.Passwords_*",
            "*ClusterRecoveryTests.After_kill_9_*", "*ClusterRecoveryTests.A_pid_file_*", "*ClusterRecoveryTests.A_copied_*", "*ClusterRecoveryTests.Data_that_*",
            "*TestDatabaseTests.*",
        ];

        ProcessResult result = await RunAsync(new ProcessRequest(
            "dotnet", [Path.Combine(tests, "SupabaseDeploy.Core.Tests.dll"), .. methods.SelectMany(method => (string[])["--filter-method", method])])
        {
            RunAs = "nobody",
            Environment = new Dictionary<string, string?> { ["HOME"] = home, ["XDG_CACHE_HOME"] = null, ["TMPDIR"] = home, ["USER"] = "nobody" },
        });

        Assert.Contains("total: 13", result.Output, StringComparison.Ordinal);
        Assert.Contains("succeeded: 13", result.Output, StringComparison.Ordinal);
    }

    private static async Task<ProcessResult> RunAsync(ProcessRequest request)
    {
        ProcessResult result = await ChildProcess.RunAsync(request, CancellationToken.None);
        Assert.True(result.ExitCode == 0, $"{request}\n{result.Output}\n{result.Error}");
        return result;
    }
}
