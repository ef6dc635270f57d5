using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>Deletes what every engine keeps of a stopped stack, then what no service calls its own: logs and state.</summary>
internal sealed class StackRemoval(EngineContext context)
{
    /// <summary>Deletes it.</summary>
    /// <param name="record">What is known of the stack; null for nothing.</param>
    /// <param name="isInDocker">Whether Docker has something of it, whatever the record says.</param>
    /// <param name="sink">Is told what is being done.</param>
    /// <param name="cancellationToken">Ends it; the call may be repeated.</param>
    /// <exception cref="DeployException">
    /// <see cref="ErrorTable.EngineDataNotRemoved"/>: an engine that it ran with before cannot be asked. Everything else is gone; the record
    /// that names that engine, and the files that an embedded server is found by, are kept for the next try.
    /// </exception>
    public async Task RunAsync(StackRecord? record, bool isInDocker, IProgressSink sink, CancellationToken cancellationToken)
    {
        IEnumerable<LocalStackEngine> known = record?.Engines ?? [LocalStackEngine.Embedded];
        LocalStackEngine current = StackEngines.Of(context).Kind;
        var left = new List<(LocalStackEngine Engine, DeployException Failure)>();
        foreach (LocalStackEngine engine in isInDocker ? known.Union([LocalStackEngine.Docker]) : known)
        {
            try
            {
                await StackEngines.Create(engine, context).RemoveAsync(sink, cancellationToken).ConfigureAwait(false);
            }
            catch (DeployException e) when (engine != current)
            {
                left.Add((engine, e));
            }
        }

        // A server of the embedded engine may live still, and is found again by its files.
        if (left.Any(one => one.Engine == LocalStackEngine.Embedded))
        {
            DeleteAllBut(ClusterFiles.Names);
        }
        else if (Directory.Exists(context.Folder.Root))
        {
            Directory.Delete(context.Folder.Root, recursive: true);
        }

        if (left.Count > 0)
        {
            StackRecord rest = StackRecord.Empty(context.Environment.Name) with { Engine = current, Engines = [.. left.Select(one => one.Engine)] };
            await rest.WriteAsync(context.Folder.StackFile, cancellationToken).ConfigureAwait(false);
            throw NotRemoved(left);
        }
    }

    private void DeleteAllBut(IReadOnlyList<string> kept)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(context.Folder.Root).GetFileSystemInfos().Where(entry => !kept.Contains(entry.Name)))
        {
            if (entry is DirectoryInfo folder)
            {
                folder.Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }
        }
    }

    private DeployException NotRemoved(IReadOnlyList<(LocalStackEngine Engine, DeployException Failure)> left) => new(
        ErrorTable.EngineDataNotRemoved,
        $"What {Engines(left)} may keep of local stack '{context.Environment.Name}' was not removed, everything else was: {string.Join(' ', left.Select(one => one.Failure.Message))}",
        $"{left[0].Failure.Remedy} Then run 'Stop-LocalStack {context.Environment.Name} -RemoveData' again.",
        context.Environment.Name,
        left[0].Failure);

    private static string Engines(IReadOnlyList<(LocalStackEngine Engine, DeployException Failure)> left) =>
        $"{(left.Count == 1 ? "engine" : "engines")} {string.Join(" and ", left.Select(one => $"'{one.Engine}'"))}";
}
