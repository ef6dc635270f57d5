using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Testing;

/// <summary>The real Supabase CLI, working on a project folder and a database of a test.</summary>
public static class SupabaseCli
{
    private const string Version = "3.1.0";

    /// <summary>Runs it to its end; an exit code other than 0 is an error.</summary>
    /// <param name="project">The folder that has the folder <c>supabase</c>.</param>
    /// <param name="database">The database; its password is that of a throw-away server.</param>
    /// <param name="arguments">The command, like <c>db push</c>.</param>
    public static async Task<ProcessResult> RunAsync(string project, DatabaseAddress database, params string[] arguments)
    {
        var request = new ProcessRequest(
            await NpmPackage.ProgramAsync("supabase", Version, "supabase"), [.. arguments, $"--remote={database.ToUrl()}", "--yes", "--output-format", "json", "--workdir", project])
        {
            Environment = new Dictionary<string, string?>
            {
                ["SUPABASE_TELEMETRY_DISABLED"] = "1",
                ["DO_NOT_TRACK"] = "1",
                // Its reader refuses longer statements otherwise.
                ["SUPABASE_SCANNER_BUFFER_SIZE"] = "16MB",
            },
        };
        return (await ChildProcess.RunAsync(request, CancellationToken.None)).EnsureSuccess(request);
    }
}
