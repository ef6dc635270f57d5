using System.Diagnostics;
using System.Globalization;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Testing;

/// <summary>
/// The one cluster that all tests of a process share; removed when the process ends, however its tests ended.
/// What a killed process left is removed by the next one.
/// </summary>
internal static class SharedCluster
{
    private static readonly string Folders = Path.Combine(Path.GetTempPath(), "supabase-deploy-tests-" + System.Environment.UserName);
    private static readonly Lazy<Task<PostgresCluster>> Instance = new(StartAsync);

    public static Task<PostgresCluster> GetAsync() => Instance.Value;

    private static async Task<PostgresCluster> StartAsync()
    {
        await RemoveLeftoversAsync();
        using Process self = Process.GetCurrentProcess();
        PostgresCluster cluster = At(Path.Combine(Folders, Name(self)));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Task.Run(() => RemoveAsync(cluster)).GetAwaiter().GetResult();
        await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        return cluster;
    }

    private static async Task RemoveLeftoversAsync()
    {
        Directory.CreateDirectory(Folders);
        foreach (string folder in Directory.GetDirectories(Folders).Where(folder => !IsInUse(Path.GetFileName(folder))))
        {
            try
            {
                await RemoveAsync(At(folder));
            }
            catch (IOException) when (!File.Exists(Path.Combine(folder, "cluster.json")))
            {
                // Another test process that starts just now removes the same folder.
            }
        }
    }

    private static async Task RemoveAsync(PostgresCluster cluster)
    {
        await cluster.RemoveAsync(CancellationToken.None);
        if (Directory.Exists(cluster.PointerFolder))
        {
            Directory.Delete(cluster.PointerFolder, recursive: true);
        }
    }

    /// <summary>The process and when it started, as process numbers are used again.</summary>
    private static string Name(Process process) =>
        string.Create(CultureInfo.InvariantCulture, $"{process.Id}-{new DateTimeOffset(process.StartTime).ToUnixTimeSeconds()}");

    private static bool IsInUse(string name)
    {
        try
        {
            using Process process = Process.GetProcessById(int.Parse(name.Split('-')[0], CultureInfo.InvariantCulture));
            return Name(process) == name;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static PostgresCluster At(string folder) => PostgresCluster.At(folder, new ClusterOptions { IsThrowAway = true });
}
