using DbUp.Engine;
using SupabaseDeploy.Events;
using DbUpScript = DbUp.Engine.SqlScript;

namespace SupabaseDeploy.Migrations.Upgrade;

/// <summary>
/// Runs the file behind each of DbUp's scripts. DbUp calls it on the thread that the runner gave it, so waiting here blocks nothing else;
/// a cancelled token ends it with the transaction rolled back.
/// </summary>
internal sealed class FileExecutor(UpgradeContext context, CancellationToken cancellationToken) : IScriptExecutor
{
    private readonly List<AppliedMigration> _applied = [];

    public IReadOnlyList<AppliedMigration> Applied => _applied;

    public int? ExecutionTimeoutSeconds { get; set; }

    public void Execute(DbUpScript script) => ExecuteAsync(context.Files[script.Name]).GetAwaiter().GetResult();

    public void Execute(DbUpScript script, IDictionary<string, string> variables) => Execute(script);

    public void VerifySchema()
    {
        // The history has a schema of its own, which is there: the history was read from it.
    }

    private async Task ExecuteAsync(MigrationFile file)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await context.Guard.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        context.Progress.Next(file.FileName);
        long start = context.Time.GetTimestamp();
        SqlScript script = await context.Scripts.TakeAsync(file.Path, cancellationToken).ConfigureAwait(false);
        await context.Run.ApplyAsync(file, script, cancellationToken).ConfigureAwait(false);
        TimeSpan duration = context.Time.GetElapsedTime(start);
        var applied = new AppliedMigration(file.Version, file.Name, duration);
        _applied.Add(applied);
        context.Sink.Publish(new MigrationApplied(applied, file.FileName, script.Statements.Count));
    }
}

/// <summary>What a run works with.</summary>
internal sealed record UpgradeContext(
    IReadOnlyDictionary<string, MigrationFile> Files,
    JudgedScripts Scripts,
    FileRun Run,
    LockGuard Guard,
    FileProgress Progress,
    IProgressSink Sink,
    TimeProvider Time);
