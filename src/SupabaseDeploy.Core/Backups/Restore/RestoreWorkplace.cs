using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>The server of one restore, with the lock held: what is there, what a dead restore left, and what has to be put away.</summary>
internal sealed class RestoreWorkplace : IAsyncDisposable
{
    private readonly DeploymentLock _lock;
    private readonly NpgsqlConnection _connection;
    private readonly DatabaseContents _catalog;

    private RestoreWorkplace(DatabaseAddress application, DatabaseAddress maintenance, DeploymentLock held, NpgsqlConnection connection, TimeProvider time)
    {
        Application = application;
        Maintenance = maintenance;
        _lock = held;
        _connection = connection;
        _catalog = new DatabaseContents(connection);
        Journal = new RestoreJournal(connection);
        Remains = new RestoreRemains(connection, application.Database, time);
    }

    /// <summary>The live database as the application's role.</summary>
    public DatabaseAddress Application { get; }

    /// <summary>The maintenance database as the administering role.</summary>
    public DatabaseAddress Maintenance { get; }

    /// <summary>The live database as the administering role.</summary>
    public DatabaseAddress Live => Maintenance with { Database = Application.Database };

    /// <summary>The journal of this server's restores.</summary>
    public RestoreJournal Journal { get; }

    /// <summary>What restores that died have left.</summary>
    public RestoreRemains Remains { get; }

    /// <summary>Takes the lock and opens the journal.</summary>
    public static async Task<RestoreWorkplace> EnterAsync(
        DatabaseAddress application, DatabaseAddress administration, string why, TimeSpan wait, TimeProvider time, IProgressSink sink, CancellationToken cancellationToken)
    {
        DatabaseAddress maintenance = await MaintenanceDatabase.EnsureAsync(application, administration, wait, sink, cancellationToken).ConfigureAwait(false);
        DeploymentLock held = await DeploymentLock.AcquireAsync(application, why, wait, sink, cancellationToken, time).ConfigureAwait(false);
        NpgsqlConnection? connection = null;
        try
        {
            connection = await maintenance.OpenAsync(cancellationToken, "supabase-deploy restore").ConfigureAwait(false);
            var workplace = new RestoreWorkplace(application, maintenance, held, connection, time);
            await workplace.Journal.CreateAsync(cancellationToken).ConfigureAwait(false);
            return workplace;
        }
        catch
        {
            await (connection?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
            await held.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Throws when the lock was lost: another may be at work.</summary>
    public Task EnsureLockHeldAsync(CancellationToken cancellationToken) => _lock.EnsureHeldAsync(cancellationToken);

    /// <summary>Whether the live database is there at all: a restore may be needed because it is not.</summary>
    public Task<bool> HasLiveAsync(CancellationToken cancellationToken) =>
        _catalog.ScalarAsync<bool>($"select exists (select from pg_database where datname = {DatabaseContents.Literal(Application.Database)})", cancellationToken);

    /// <summary>How the live database is set up.</summary>
    public Task<DatabaseDefinition> ReadLiveDefinitionAsync(CancellationToken cancellationToken) =>
        DatabaseDefinitionSql.ReadAsync(_connection, Application.Database, cancellationToken);

    /// <summary>True when the switch was committed, whatever became of the answer and of the connections that were open then.</summary>
    public async Task<bool> IsSwitchedAsync(RestoreEntry entry, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await Maintenance.OpenAsync(cancellationToken, "supabase-deploy restore").ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            IReadOnlyList<RestoreEntry> known = await new RestoreJournal(connection).ReadAsync(Application.Database, cancellationToken).ConfigureAwait(false);
            return known.Any(each => each.Id == entry.Id && each.State == RestoreState.Switched);
        }
    }

    /// <summary>The restore is done; of the databases that restores replaced only the last one is kept.</summary>
    public async Task CompleteAsync(RestoreEntry entry, IProgressSink sink, CancellationToken cancellationToken)
    {
        await Journal.WriteStateAsync(entry.Id, RestoreState.Done, cancellationToken).ConfigureAwait(false);
        foreach (RestoreEntry older in await Journal.ReadAsync(Application.Database, cancellationToken).ConfigureAwait(false))
        {
            if (older.State == RestoreState.Done && older.Id != entry.Id)
            {
                await RemovePreviousAsync(older, sink, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Gives the lock back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync().ConfigureAwait(false);
        await _lock.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RemovePreviousAsync(RestoreEntry older, IProgressSink sink, CancellationToken cancellationToken)
    {
        try
        {
            await _catalog.ExecuteAsync($"drop database if exists {Queries.Quote(older.Previous)} with (force)", cancellationToken).ConfigureAwait(false);
            await Journal.WriteStateAsync(older.Id, RestoreState.Removed, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            sink.Publish(new Caution($"Database '{older.Previous}', replaced by an earlier restore, cannot be dropped: {e.MessageText}. It takes up space until it is."));
        }
    }
}
