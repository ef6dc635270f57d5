using System.Globalization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Bench;

/// <summary>
/// A start of all services that was stopped, to the last one's health. Deno and postgres-meta are the real ones; PostgREST, GoTrue and
/// Mailpit are the stand-ins of the tests, which are Node.js programs and start no faster than what they stand for.
/// </summary>
internal static class ServicesBenchmark
{
    private const int Rounds = 5;

    public static async Task RunAsync()
    {
        using var folder = new TemporaryFolder();
        folder.Write("supabase/functions/hello/index.ts", "Deno.serve(() => new Response('hello'));");
        DeploymentEnvironment environment = LocalProject.At(folder.Path);
        LocalStacks stacks = await RealRuntimes.StacksAsync(["postgrest", "gotrue", "mailpit"], ["meta", "deno"]);
        Task<LocalStackInfo> Start(params string[] services) => stacks.StartAsync(environment, LocalStackEngine.Embedded, services, NullProgressSink.Instance, CancellationToken.None);
        Task Stop(bool remove) => stacks.StopAsync(environment, remove, NullProgressSink.Instance, CancellationToken.None);
        try
        {
            LocalStackInfo info = await Start("*");
            string names = string.Join(", ", info.Services.Where(service => service.IsRunning).Select(service => service.Name));
            await Stop(remove: false);
            TimeSpan[] all = new TimeSpan[Rounds], again = new TimeSpan[Rounds], few = new TimeSpan[Rounds];
            for (int round = 0; round < Rounds; round++)
            {
                all[round] = await PairedRuns.TimeAsync(() => Start("*"));
                again[round] = await PairedRuns.TimeAsync(() => Start("*"));
                await Stop(remove: false);
                few[round] = await PairedRuns.TimeAsync(() => Start("rest", "auth", "mail", "functions"));
                await Stop(remove: false);
            }

            Print($"without meta, whose own start takes longest: {PairedRuns.Seconds(few)}");
            Print($"warm, {names}: {PairedRuns.Seconds(all)} (aim: under 3 s); once more with all of them running: {PairedRuns.Seconds(again)}");
        }
        finally
        {
            await Stop(remove: true);
        }
    }

    private static void Print(FormattableString line) => Console.WriteLine("LocalStack.Services | " + line.ToString(CultureInfo.InvariantCulture));
}
