using Npgsql;
using NpgsqlTypes;

namespace SupabaseDeploy.Backups;

/// <summary>Where a restore stands.</summary>
internal enum RestoreState
{
    /// <summary>The database is built beside the live one, which is untouched.</summary>
    Building,

    /// <summary>It has the live database's name; what follows a switch is not done yet.</summary>
    Switched,

    /// <summary>Everything is done; the replaced database is kept.</summary>
    Done,

    /// <summary>It ended before the switch; the live database was never touched.</summary>
    Abandoned,

    /// <summary>Done, and the replaced database was dropped when a later restore was done.</summary>
    Removed,
}

/// <summary>One restore in the journal.</summary>
internal sealed record RestoreEntry(
    string Id, string Environment, string Backup, string Live, string Restored, string Previous, Guid Deployment, RestoreState State);

/// <summary>
/// What restores of one server did, in its maintenance database: the only place that a switch of databases can change together with the
/// names, in one transaction. Whoever writes holds the deployment lock of the live database.
/// </summary>
internal sealed class RestoreJournal(NpgsqlConnection maintenance)
{
    private readonly DatabaseContents _catalog = new(maintenance);

    /// <summary>Creates the table where it is missing.</summary>
    public Task CreateAsync(CancellationToken cancellationToken) => _catalog.ExecuteAsync(
        """
        create schema if not exists supabase_deploy;
        create table if not exists supabase_deploy.restores (
            id text primary key,
            environment text not null,
            backup text not null,
            live text not null,
            restored text not null,
            previous text not null,
            deployment uuid not null,
            state text not null check (state in ('Building', 'Switched', 'Done', 'Abandoned', 'Removed')),
            started_at timestamptz not null default now(),
            changed_at timestamptz not null default now()
        )
        """,
        cancellationToken);

    /// <summary>Every restore of one database, oldest first.</summary>
    public async Task<IReadOnlyList<RestoreEntry>> ReadAsync(string live, CancellationToken cancellationToken) =>
        await _catalog.ReadAsync(
            $"""
            select id, environment, backup, live, restored, previous, deployment, state
            from supabase_deploy.restores where live = {DatabaseContents.Literal(live)} order by started_at, id
            """,
            row => new RestoreEntry(
                row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetGuid(6),
                Enum.Parse<RestoreState>(row.GetString(7))),
            cancellationToken).ConfigureAwait(false);

    /// <summary>Writes a restore that begins.</summary>
    public async Task BeginAsync(RestoreEntry entry, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(
            """
            insert into supabase_deploy.restores (id, environment, backup, live, restored, previous, deployment, state)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            maintenance);
        foreach (string value in (string[])[entry.Id, entry.Environment, entry.Backup, entry.Live, entry.Restored, entry.Previous])
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value, NpgsqlDbType = NpgsqlDbType.Text });
        }

        command.Parameters.Add(new NpgsqlParameter { Value = entry.Deployment });
        command.Parameters.Add(new NpgsqlParameter { Value = entry.State.ToString() });
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Moves a restore on; run inside the switch's transaction for <see cref="RestoreState.Switched"/>.</summary>
    public Task WriteStateAsync(string id, RestoreState state, CancellationToken cancellationToken) =>
        _catalog.ExecuteAsync(
            $"update supabase_deploy.restores set state = '{state}', changed_at = now() where id = {DatabaseContents.Literal(id)}", cancellationToken);
}
