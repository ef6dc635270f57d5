using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary><c>supabase db reset</c>: the CLI throws the database away and makes a new one, so the ledger waits in a file meanwhile.</summary>
internal sealed class SupabaseCliReset(EngineContext context, ResetPlan plan)
{
    private readonly string _project = context.Environment.Project.Root;
    private readonly StackFolder _folder = context.Folder;

    /// <summary>Replaces the database.</summary>
    /// <param name="record">Keeps the ledger.</param>
    /// <param name="database">The database, at the same address afterwards.</param>
    /// <param name="ask">Runs the CLI.</param>
    /// <param name="sink">Is told what is being done.</param>
    /// <param name="cancellationToken">Ends the CLI, which leaves the database as far as it had come.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ResetNotPossible"/>, or the CLI's own failure: the database is then what the CLI left.</exception>
    public async Task<ReplacedDatabase> RunAsync(
        ResetRecord record,
        DatabaseAddress database,
        Func<IReadOnlyList<string>, IProgressSink, CancellationToken, Task> ask,
        IProgressSink sink,
        CancellationToken cancellationToken)
    {
        EnsureItsFolder();
        int files = MigrationFolder.Read(context.Environment.MigrationsFolder, NullProgressSink.Instance).Count;
        // Where config.toml switches migrations off, none remains, and the CLI applies none by itself.
        string? version = plan.Migrations.Count > 0 && plan.Migrations.Count < files ? plan.Migrations[^1].Version : null;
        await ResetLedger.BringBackAsync(context.Environment, database, context.Time, sink, cancellationToken).ConfigureAwait(false);
        ResetLedger? kept = await record.KeepAsync(database, cancellationToken).ConfigureAwait(false);
        if (kept is not null)
        {
            await ResetLedger.WriteAsync(_folder, kept, cancellationToken).ConfigureAwait(false);
        }

        long begin = context.Time.GetTimestamp();
        try
        {
            await ask(SupabaseCliCommands.Reset(_project, version, plan.Seeds.Count > 0), sink, cancellationToken).ConfigureAwait(false);
        }
        catch when (kept is not null)
        {
            await BringBackAsync(kept, database, sink).ConfigureAwait(false);
            throw;
        }

        TimeSpan downtime = context.Time.GetElapsedTime(begin);
        await record.WriteAsync(kept, database, CancellationToken.None).ConfigureAwait(false);
        ResetLedger.Delete(_folder);
        return new ReplacedDatabase(FromCache: 0, downtime);
    }

    private void EnsureItsFolder()
    {
        string its = Path.Combine(_project, "supabase", "migrations");
        if (RealPath.Of(context.Environment.MigrationsFolder) != RealPath.Of(its))
        {
            throw new DeployException(
                ErrorTable.ResetNotPossible,
                $"Engine '{LocalStackEngine.SupabaseCli}' cannot reset to the files in '{context.Environment.MigrationsFolder}': the Supabase CLI knows only '{its}'. Nothing was changed.",
                $"Move the files there, or use the stack with '-Engine {LocalStackEngine.Embedded}'.",
                context.Environment.Name);
        }
    }

    private async Task BringBackAsync(ResetLedger kept, DatabaseAddress database, IProgressSink sink)
    {
        try
        {
            await Ledger.BringBackAsync(kept.Image, database, CancellationToken.None).ConfigureAwait(false);
            ResetLedger.Delete(_folder);
        }
        catch (Exception e) when (e is DeployException or NpgsqlException or IOException or UnauthorizedAccessException)
        {
            sink.Publish(new Caution($"The ledger of database '{database}' waits in '{_folder.KeptLedgerFile}' for the next start, because the reset failed and so did its return: {e.Message}"));
        }
    }
}
