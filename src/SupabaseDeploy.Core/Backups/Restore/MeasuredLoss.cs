using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>What going back in time has cost, counted in what was there just before and in what is there now.</summary>
/// <param name="Differences">Tables with another number of rows than before; null where they could not be counted.</param>
/// <param name="Since">The moment that was gone back to, UTC; null where it is not known.</param>
/// <param name="Until">When everybody was stopped from writing, UTC.</param>
internal sealed record MeasuredLoss(IReadOnlyList<RowDifference>? Differences, DateTimeOffset? Since, DateTimeOffset Until)
{
    private const int Named = 8;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>Rows in tables that have fewer now; at least these are lost, as an equal number says nothing of what was changed.</summary>
    public long? Rows => Differences?.Sum(difference => Math.Max(0, difference.Live - difference.Backup));

    /// <param name="before">What was there before; null where it could not be counted.</param>
    /// <param name="after">What is there now.</param>
    /// <param name="since">The moment that was gone back to.</param>
    /// <param name="until">When everybody was stopped from writing.</param>
    public static MeasuredLoss Between(IReadOnlyList<TableRows>? before, IReadOnlyList<TableRows>? after, DateTimeOffset? since, DateTimeOffset until) =>
        new(before is null || after is null ? null : DeploymentRestorer.Compare(before, after), since, until);

    /// <summary>Every table with its rows; null where that is not to be had: a table may not be read, or counting takes too long to wait for.</summary>
    public static async Task<IReadOnlyList<TableRows>?> TryCountAsync(DatabaseAddress database, IProgressSink sink, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        try
        {
            NpgsqlConnection connection = await database.OpenAsync(limit.Token, "supabase-deploy loss").ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                return await CountAsync(connection, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is NpgsqlException or DeployException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            sink.Publish(new Caution($"The rows of '{database}' could not be counted, so what is lost is only known by its time: {e.Message}"));
            return null;
        }
    }

    /// <summary>Every table with its rows. A role that may not read a table makes it fail.</summary>
    public static async Task<IReadOnlyList<TableRows>> CountAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var catalog = new DatabaseContents(connection);
        await catalog.ExecuteAsync("set statement_timeout = 0; set row_security = off", cancellationToken).ConfigureAwait(false);
        return await catalog.CountRowsAsync(null, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        string span = Since is { } moment ? $"the {RestorePlan.Readable(Until - moment)} since {moment.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z" : "the time since then";
        RowDifference[] fewer = [.. Differences?.Where(difference => difference.Live > difference.Backup) ?? []];
        string more = fewer.Length > Named ? $" and {fewer.Length - Named} more tables" : "";
        return (Rows, fewer.Length) switch
        {
            (null, _) => $"Every change of {span} is lost; the rows could not be counted.",
            (_, 0) => $"No table has fewer rows than before; other changes of {span} are lost.",
            _ => $"{Rows} rows are lost ({string.Join(", ", fewer.Take(Named).Select(difference => difference.ToString()))}{more}), and every other change of {span}.",
        };
    }
}
