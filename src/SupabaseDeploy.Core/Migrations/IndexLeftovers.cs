using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// What a failed <c>CREATE INDEX CONCURRENTLY</c> or <c>REINDEX CONCURRENTLY</c> leaves: an invalid index, which costs every write and
/// serves no query (<see href="https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY"/>). Only an index
/// that is invalid and can only come from this very statement is dropped.
/// </summary>
internal sealed class IndexLeftovers(NpgsqlConnection connection, SqlScript script, IProgressSink sink)
{
    private const string IsAtWork = "exists (select from pg_stat_progress_create_index p where p.index_relid = i.indexrelid)";

    private const string NamedSql =
        $"""
        select i.indexrelid::regclass::text, i.indisvalid, {IsAtWork}, pg_get_indexdef(i.indexrelid)
        from pg_index i join pg_class c on c.oid = i.indexrelid
        where i.indrelid = to_regclass($1) and c.relname = (parse_ident($2))[1]
        """;

    // The same in everything but the name, and one of the two is valid: the other is of no use to anybody.
    private const string TwinsSql =
        $"""
        select i.indexrelid::regclass::text
        from pg_index i join pg_class c on c.oid = i.indexrelid
        where i.indrelid = to_regclass($1) and not i.indisvalid and not {IsAtWork} and exists (
            select from pg_index v join pg_class vc on vc.oid = v.indexrelid
            where v.indrelid = i.indrelid and v.indisvalid
            and replace(pg_get_indexdef(v.indexrelid), quote_ident(vc.relname), '') = replace(pg_get_indexdef(i.indexrelid), quote_ident(c.relname), ''))
        """;

    // Long names are cut before _ccnew is put behind them.
    private const string OfReindexSql =
        $"""
        select i.indexrelid::regclass::text
        from pg_index i
        join pg_class c on c.oid = i.indexrelid
        join pg_class t on t.oid = i.indrelid
        join pg_index b on b.indrelid = i.indrelid and b.indexrelid <> i.indexrelid
        join pg_class bc on bc.oid = b.indexrelid
        cross join lateral regexp_replace(c.relname, '_cc(new|old)[0-9]*$', '') stem
        where not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$' and not {IsAtWork}
        and (bc.relname = stem or (octet_length(c.relname) = 63 and starts_with(bc.relname, stem)))
        and case $1
            when 'INDEX' then b.indexrelid = to_regclass($2)
            when 'TABLE' then t.oid = to_regclass($2) or t.oid = (select reltoastrelid from pg_class where oid = to_regclass($2))
            when 'SCHEMA' then t.relnamespace = to_regnamespace($2)
            else true
        end
        """;

    /// <summary>Clears the way for <paramref name="statement"/>; true when what it would make is there already, just so.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.IndexBeingBuilt"/>: another session is at it.</exception>
    public async Task<bool> PrepareAsync(SqlStatement statement, CancellationToken cancellationToken)
    {
        if (ConcurrentReindex.Of(statement) is { } reindex)
        {
            await DropAsync(await NamesAsync(OfReindexSql, [reindex.Kind, reindex.Name], cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            return false;
        }

        if (ConcurrentIndex.Of(statement) is not { Name: not null } index
            || await FindAsync(index, cancellationToken).ConfigureAwait(false) is not { } found)
        {
            return false;
        }

        if (found.IsAtWork)
        {
            throw new DeployException(
                ErrorTable.IndexBeingBuilt,
                $"'{script.FileName}', line {statement.Line}: index '{found.Name}' is being built by another session.",
                "Wait until that session is done (see pg_stat_progress_create_index), then run the command again.",
                script.Path);
        }

        if (!found.IsValid)
        {
            await DropAsync([found.Name], cancellationToken).ConfigureAwait(false);
            return false;
        }

        bool isSame = await WouldBeAsync(index, cancellationToken).ConfigureAwait(false) == Definition(found.Definition);
        if (isSame)
        {
            sink.Publish(new Notice($"'{script.FileName}', line {statement.Line}: index '{found.Name}' is there already with this definition, and is not built again."));
        }

        return isSame;
    }

    /// <summary>After an index that the server named: an earlier attempt has left one of another name.</summary>
    public async Task CleanUpAsync(SqlStatement statement, CancellationToken cancellationToken)
    {
        if (ConcurrentIndex.Of(statement) is { Name: null } index)
        {
            await DropAsync(await NamesAsync(TwinsSql, [index.Table], cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<FoundIndex?> FindAsync(ConcurrentIndex index, CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = Command(NamedSql, [index.Table, index.Name!]);
        NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            return await row.ReadAsync(cancellationToken).ConfigureAwait(false)
                ? new FoundIndex(row.GetString(0), row.GetBoolean(1), row.GetBoolean(2), row.GetString(3))
                : null;
        }
    }

    /// <summary>The definition that the server would give the index: it is asked, with an empty table of the same columns. Null when it cannot be.</summary>
    private async Task<string?> WouldBeAsync(ConcurrentIndex index, CancellationToken cancellationToken)
    {
        NpgsqlTransaction probe = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (probe.ConfigureAwait(false))
        {
            try
            {
                using var command = new NpgsqlCommand(
                    $"""
                    create temporary table supabase_deploy_probe (like {index.Table}) on commit drop;
                    create {(index.IsUnique ? "unique " : "")}index supabase_deploy_probe_index on pg_temp.supabase_deploy_probe {index.Definition};
                    select pg_get_indexdef('pg_temp.supabase_deploy_probe_index'::regclass)
                    """,
                    connection);
                return Definition((string)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!);
            }
            catch (PostgresException)
            {
                return null; // Then it cannot be known that it is the same, and the server says that the name is taken.
            }
        }
    }

    private async Task DropAsync(IReadOnlyList<string> indexes, CancellationToken cancellationToken)
    {
        foreach (string index in indexes)
        {
            sink.Publish(new Notice($"Dropping the invalid index '{index}', which an earlier attempt left."));
            using var command = new NpgsqlCommand($"drop index concurrently if exists {index}", connection);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<string>> NamesAsync(string sql, string[] parameters, CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = Command(sql, parameters);
        NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            var names = new List<string>();
            while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                names.Add(row.GetString(0));
            }

            return names;
        }
    }

    private NpgsqlCommand Command(string sql, string[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (string parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        return command;
    }

    // CREATE [UNIQUE] INDEX name ON table USING method (…) …
    private static string Definition(string definition) =>
        (definition.StartsWith("CREATE UNIQUE", StringComparison.Ordinal) ? "unique" : "") + definition[definition.IndexOf(" USING ", StringComparison.Ordinal)..];

    private sealed record FoundIndex(string Name, bool IsValid, bool IsAtWork, string Definition);
}
