using System.Text.Json;
using Npgsql;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Event triggers that tell the session at work what its statements do. They speak through messages of level INFO, which reach the client
/// whatever <c>client_min_messages</c> a file sets, so nothing of them is stored, and no privilege of the migrating role is needed.
/// </summary>
internal static class RehearsalTriggers
{
    public const string Schema = "_supabase_deploy_rehearsal";

    private const string Marker = "supabase-deploy rehearsal";

    // ENABLE ALWAYS: files that set session_replication_role would turn them off.
    private const string InstallSql =
        $"""
        create schema {Schema};
        create function {Schema}.tell_rewrite() returns event_trigger language plpgsql set search_path = pg_catalog as $tell$
        begin
            raise info using message = '{Marker}', detail = json_build_object('event', 'rewrite', 'relation', pg_event_trigger_table_rewrite_oid())::text;
        end $tell$;
        create function {Schema}.tell_drop() returns event_trigger language plpgsql set search_path = pg_catalog as $tell$
        declare
            dropped record;
        begin
            for dropped in select * from pg_event_trigger_dropped_objects() where (original or normal) and not is_temporary loop
                raise info using message = '{Marker}', detail = json_build_object(
                    'event', 'drop', 'class', dropped.classid, 'object', dropped.objid, 'part', dropped.objsubid,
                    'kind', dropped.object_type, 'name', dropped.object_identity, 'named', dropped.original)::text;
            end loop;
        end $tell$;
        create function {Schema}.tell_command() returns event_trigger language plpgsql set search_path = pg_catalog as $tell$
        declare
            command record;
        begin
            for command in select * from pg_event_trigger_ddl_commands() loop
                raise info using message = '{Marker}', detail = json_build_object(
                    'event', 'command', 'class', command.classid, 'object', command.objid, 'tag', command.command_tag)::text;
            end loop;
        end $tell$;
        create event trigger {Schema}_rewrite on table_rewrite execute function {Schema}.tell_rewrite();
        create event trigger {Schema}_drop on sql_drop execute function {Schema}.tell_drop();
        create event trigger {Schema}_command on ddl_command_end execute function {Schema}.tell_command();
        alter event trigger {Schema}_rewrite enable always;
        alter event trigger {Schema}_drop enable always;
        alter event trigger {Schema}_command enable always;
        """;

    /// <summary>Installs them, as a superuser.</summary>
    public static async Task InstallAsync(NpgsqlConnection administration, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(InstallSql, administration);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What a message tells; null when it is not one of these.</summary>
    public static ToldEvent? Read(PostgresNotice notice)
    {
        if (notice.MessageText != Marker || notice.Detail is null)
        {
            return null;
        }

        using var document = JsonDocument.Parse(notice.Detail);
        JsonElement told = document.RootElement;
        return told.GetProperty("event").GetString() switch
        {
            "rewrite" => new ToldRewrite(Number(told, "relation")),
            "drop" => new ToldDrop(
                Number(told, "class"), Number(told, "object"), (int)Number(told, "part"),
                told.GetProperty("kind").GetString()!, told.GetProperty("name").GetString()!, told.GetProperty("named").GetBoolean()),
            _ => new ToldCommand(Number(told, "class"), Number(told, "object"), told.GetProperty("tag").GetString()!),
        };
    }

    // GRANT names no object: null.
    private static uint Number(JsonElement told, string name) =>
        told.GetProperty(name) is { ValueKind: not JsonValueKind.Null } value
            ? value.ValueKind == JsonValueKind.String ? uint.Parse(value.GetString()!, System.Globalization.CultureInfo.InvariantCulture) : value.GetUInt32()
            : 0;
}

/// <summary>What an event trigger told.</summary>
internal abstract record ToldEvent;

/// <summary>A table is about to be rewritten.</summary>
internal sealed record ToldRewrite(uint Relation) : ToldEvent;

/// <summary>An object was dropped; <c>Part</c> is the number of a column.</summary>
internal sealed record ToldDrop(uint Class, uint Object, int Part, string Kind, string Name, bool IsNamed) : ToldEvent;

/// <summary>A command of the definition language ended, also one inside a function or a DO block.</summary>
internal sealed record ToldCommand(uint Class, uint Object, string Tag) : ToldEvent;
