using System.Globalization;
using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>A session that holds what a migration waits for.</summary>
internal sealed record Blocker(int Process, string User, string Application, string? Address, string State, DateTimeOffset? Since, string Query)
{
    private const int WidestQuery = 200;

    public override string ToString()
    {
        string from = Address is null ? "" : $" from {Address}";
        string since = Since is { } time ? string.Create(CultureInfo.InvariantCulture, $" since {time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC") : "";
        return $"process {Process} (user '{User}', application '{Application}'{from}), {State}{since}: {Shown}";
    }

    // Somebody else's statement: one that sets a password is not repeated.
    private string Shown
    {
        get
        {
            string line = string.Join(' ', Query.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            return line.Contains("password", StringComparison.OrdinalIgnoreCase) ? "(a statement that is not shown)"
                : line.Length <= WidestQuery ? line
                : line[..(WidestQuery - 1)] + "…";
        }
    }
}

/// <summary>
/// Says who blocks the file at work, from a connection of its own that is opened when a file takes long. What it cannot find out stops nothing.
/// </summary>
internal sealed class BlockerWatch(DatabaseAddress database, MigrationSession session, TimeSpan? lockTimeout, IProgressSink sink, TimeProvider time) : IAsyncDisposable
{
    private const string Sql =
        """
        select a.pid, coalesce(a.usename::text, ''), coalesce(a.application_name, ''), host(a.client_addr),
            coalesce(a.state, 'at work'), coalesce(a.xact_start, a.query_start), coalesce(a.query, '')
        from pg_stat_activity a where a.pid = any(pg_blocking_pids($1)) order by a.pid
        """;

    private static readonly TimeSpan s_longestInterval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly TimeSpan _interval = lockTimeout is { } limit ? TimeSpan.FromTicks(Math.Clamp(limit.Ticks / 4, TimeSpan.FromMilliseconds(10).Ticks, s_longestInterval.Ticks)) : s_longestInterval;
    private Task? _watching;
    private volatile string? _file;
    private long _since;

    /// <summary>Who was seen last while the file at work, or the one before, waited.</summary>
    public IReadOnlyList<Blocker> Seen { get; private set; } = [];

    public void Begin(string fileName)
    {
        Seen = [];
        Volatile.Write(ref _since, time.GetTimestamp());
        _file = fileName;
        _watching ??= Task.Run(WatchAsync, CancellationToken.None);
    }

    public void End() => _file = null;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await (_watching ?? Task.CompletedTask).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        NpgsqlConnection? connection = null;
        try
        {
            using var timer = new PeriodicTimer(_interval, time);
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                if (_file is { } file && time.GetElapsedTime(Volatile.Read(ref _since)) >= _interval)
                {
                    connection ??= await database.OpenAsync(_stop.Token).ConfigureAwait(false);
                    await LookAsync(connection, file).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The run is over.
        }
        catch (Exception e) when (e is DeployException or NpgsqlException or InvalidOperationException)
        {
            sink.Publish(new Detail($"Who blocks the migrations cannot be seen: {e.Message}"));
        }
        finally
        {
            await (connection?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        }
    }

    private async Task LookAsync(NpgsqlConnection connection, string file)
    {
        using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new NpgsqlParameter { Value = session.Backend } } };
        NpgsqlDataReader row = await command.ExecuteReaderAsync(_stop.Token).ConfigureAwait(false);
        var found = new List<Blocker>();
        await using (row.ConfigureAwait(false))
        {
            while (await row.ReadAsync(_stop.Token).ConfigureAwait(false))
            {
                found.Add(new Blocker(
                    row.GetInt32(0),
                    row.GetString(1),
                    row.GetString(2),
                    row.GetValue(3) as string,
                    row.GetString(4),
                    await row.IsDBNullAsync(5, _stop.Token).ConfigureAwait(false) ? null : row.GetFieldValue<DateTimeOffset>(5),
                    row.GetString(6)));
            }
        }

        bool isNew = found.Count > 0 && !found.Select(blocker => blocker.Process).SequenceEqual(Seen.Select(blocker => blocker.Process));
        if (found.Count > 0)
        {
            Seen = found;
        }

        if (isNew)
        {
            sink.Publish(new Notice($"'{file}' waits for {string.Join("; ", found)}"));
        }
    }
}
