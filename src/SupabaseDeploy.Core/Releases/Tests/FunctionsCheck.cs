using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Releases;

/// <summary>Checks the types of a release's edge functions with the Deno that the local stack runs them with.</summary>
internal sealed class FunctionsCheck(LocalRuntimes runtimes)
{
    private const string Runtime = "deno";

    public async Task<CheckResult> RunAsync(Release release, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (release.Functions.Count == 0)
        {
            return new CheckResult(true, "The release has no edge functions.", [], ("functions", 0));
        }

        LocalRuntime deno = await runtimes.InstallAsync(Runtime, null, sink, cancellationToken).ConfigureAwait(false);
        var problems = new List<string>();
        foreach (ReleaseFunction function in release.Functions)
        {
            sink.Publish(new ActivityProgress($"Test release {release}", "Checking the types of functions", Operation: function.Slug));
            problems.AddRange(await CheckAsync(Path.Combine(deno.Path, RuntimeCatalog.Deno.Program!), release, function, cancellationToken).ConfigureAwait(false));
        }

        string names = string.Join(", ", release.Functions.Select(function => function.Slug));
        return new CheckResult(
            problems.Count == 0,
            problems.Count == 0 ? $"Deno {deno.Version} finds no error in {names}." : problems[0],
            problems,
            ("functions", release.Functions.Count),
            ("deno", deno.Version),
            ("failed", problems.Count));
    }

    /// <summary>
    /// The arguments of the check (<see href="https://docs.deno.com/runtime/reference/cli/check/"/>). Nothing is written beside the files,
    /// and the file of settings is the function's own.
    /// </summary>
    internal static IReadOnlyList<string> Arguments(ReleaseFunction function) =>
    [
        "check", "--quiet", "--no-lock", "--node-modules-dir=none", "--allow-import",
        .. function.ImportMap switch
        {
            null => (string[])["--no-config"],
            var map when Path.GetFileName(map) is "deno.json" or "deno.jsonc" => [$"--config={map}"],
            var map => ["--no-config", $"--import-map={map}"],
        },
        function.EntryPoint,
    ];

    private static async Task<IReadOnlyList<string>> CheckAsync(string program, Release release, ReleaseFunction function, CancellationToken cancellationToken)
    {
        var request = new ProcessRequest(program, Arguments(function))
        {
            WorkingDirectory = release.FunctionFolder(function.Slug),
            Environment = new Dictionary<string, string?> { ["NO_COLOR"] = "1", ["DENO_NO_UPDATE_CHECK"] = "1", ["DENO_TLS_CA_STORE"] = "mozilla,system" },
        };
        ProcessResult result = await ChildProcess.RunAsync(request, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0 ? [] : [$"{function.Slug}: {Told(result)}"];
    }

    private static string Told(ProcessResult result)
    {
        string text = (result.Error.Length > 0 ? result.Error : result.Output).Trim();
        return text.Length > 0 ? text : $"Deno ended with exit code {result.ExitCode}.";
    }
}
