using System.Globalization;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Bench;

/// <summary>What wrk measured of one address.</summary>
/// <param name="PerSecond">Requests a second.</param>
/// <param name="Median">Half of them took at most that long.</param>
/// <param name="Percentile99">99 of 100 took at most that long.</param>
/// <param name="Failures">Requests without an answer, and answers that are errors.</param>
internal sealed record HttpLoad(double PerSecond, TimeSpan Median, TimeSpan Percentile99, int Failures)
{
    public const int Connections = 64;

    private const string Script =
        """
        wrk.headers["apikey"] = "{key}"
        done = function(summary, latency, requests)
            local errors = summary.errors
            io.write(string.format("\nmeasured %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
                errors.connect + errors.read + errors.write + errors.timeout + errors.status))
        end
        """;

    /// <summary>Asks for one path over 64 connections.</summary>
    public static async Task<HttpLoad> RunAsync(TemporaryFolder folder, string url, string key, int seconds)
    {
        string program = await DebianProgram.FindOrInstallAsync("wrk", "wrk");
        string script = folder.Write("load.lua", Script.Replace("{key}", key, StringComparison.Ordinal));
        var request = new ProcessRequest(program, ["-t1", $"-c{Connections}", $"-d{seconds.ToString(CultureInfo.InvariantCulture)}", "-s", script, url]);
        string output = (await ChildProcess.RunAsync(request, CancellationToken.None)).EnsureSuccess(request).Output;
        long[] values =
        [
            .. output.Split('\n').Single(line => line.StartsWith("measured ", StringComparison.Ordinal)).Split(' ').Skip(1)
                .Select(value => long.Parse(value, CultureInfo.InvariantCulture)),
        ];
        return new HttpLoad(values[0] / TimeSpan.FromMicroseconds(values[1]).TotalSeconds, TimeSpan.FromMicroseconds(values[2]), TimeSpan.FromMicroseconds(values[3]), (int)values[4]);
    }
}
