using SupabaseDeploy.Events;

namespace SupabaseDeploy.LocalStack;

/// <summary>The choice of an engine and of services in a stack's record.</summary>
internal static class RecordedChoice
{
    /// <summary>Before anything is started: a start that is killed is found again by the next command.</summary>
    public static async Task<StackRecord> WriteAsync(
        EngineContext context, EngineChoice choice, Func<StackRecord, StackRecord> choose, IProgressSink sink, CancellationToken cancellationToken)
    {
        string file = context.Folder.StackFile;
        StackRecord? known = StackRecord.Read(file);
        StackRecord same = (known ?? StackRecord.Empty(context.Environment.Name)).With(choice);
        StackRecord record = choose(same);
        bool isNew = known is null || known.Engine != record.Engine;
        if (isNew)
        {
            sink.Publish(new Notice($"Local stack '{context.Environment.Name}' runs with engine '{choice.Engine}': {choice.Reason}."));
        }

        if (isNew || !ReferenceEquals(record, same))
        {
            await record.WriteAsync(file, cancellationToken).ConfigureAwait(false);
        }

        return record;
    }

    /// <summary>Takes the choice of a start back that failed.</summary>
    /// <param name="file">The record.</param>
    /// <param name="known">What it said before; null for nothing.</param>
    /// <param name="begun">What it says now, where the engine had begun; else what it said before.</param>
    public static async Task RestoreAsync(string file, StackRecord? known, StackRecord? begun)
    {
        if (known is null)
        {
            File.Delete(file);
            return;
        }

        // What had begun may have left data, which is removed with the stack's; what never began may have data of somebody else's.
        await (known with { Engines = (begun ?? known).Engines }).WriteAsync(file, CancellationToken.None).ConfigureAwait(false);
    }
}
