using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// The processes that a gateway started, kept in a file so that they can be ended when the gateway was killed. Its services share its
/// session (<see href="https://man7.org/linux/man-pages/man2/setsid.2.html"/>), which also finds what they started themselves.
/// </summary>
/// <param name="Gateway">The gateway, whose process id is the session's.</param>
/// <param name="Services">The processes it started.</param>
public sealed record OrphanedServices(ProcessIdentity Gateway, IReadOnlyList<ProcessIdentity> Services)
{
    private static readonly TimeSpan s_killLimit = TimeSpan.FromSeconds(5);

    /// <summary>Reads the file; null when there is none, or none that says anything.</summary>
    public static OrphanedServices? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), OrphanedServicesJson.Default.OrphanedServices);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Ends what the gateway of a file left behind; the file is deleted. Does nothing while that gateway lives.</summary>
    /// <returns>How many processes were ended.</returns>
    public static int End(string path)
    {
        if (Read(path) is not { Gateway.IsAlive: false } left)
        {
            return 0;
        }

        // A session's id is not given to another process while one of its members lives; if it has been, none does.
        IEnumerable<ProcessIdentity> session = ProcessIdentity.Of(left.Gateway.Id) is null ? OfSession(left.Gateway.Id) : [];
        int ended = Kill(left.Services.Concat(session));
        File.Delete(path);
        return ended;
    }

    /// <summary>Ends what is left in the session that this process leads: what its services started and did not end.</summary>
    public static void EndOwnSession() =>
        Kill(OfSession(Environment.ProcessId).Where(process => process.Id != Environment.ProcessId));

    /// <summary>Writes the file whole.</summary>
    public void Write(string path)
    {
        string temporary = path + ".tmp"; // The gateway's lock makes it the only writer.
        File.WriteAllText(temporary, JsonSerializer.Serialize(this, OrphanedServicesJson.Default.OrphanedServices));
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Kills processes and waits until they are gone.</summary>
    private static int Kill(IEnumerable<ProcessIdentity> processes)
    {
        List<ProcessIdentity> alive = [.. processes.Distinct().Where(process => process.IsAlive)];
        alive.ForEach(KillTree);
        SpinWait.SpinUntil(() => !alive.Exists(process => process.IsAlive), s_killLimit);
        return alive.Count;
    }

    private static void KillTree(ProcessIdentity identity)
    {
        try
        {
            using Process process = Process.GetProcessById(identity.Id);
            if (identity.IsAlive)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It ended by itself in this moment.
        }
    }

    private static IEnumerable<ProcessIdentity> OfSession(int session) =>
        OperatingSystem.IsLinux()
            ? Directory.EnumerateDirectories("/proc")
                .Select(folder => int.TryParse(Path.GetFileName(folder), out int id) ? id : 0)
                .Where(id => id > 0 && ProcessStatus.Read(id)?.Session == session)
                .Select(ProcessIdentity.Of)
                .OfType<ProcessIdentity>()
            : [];
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(OrphanedServices))]
internal sealed partial class OrphanedServicesJson : JsonSerializerContext;
