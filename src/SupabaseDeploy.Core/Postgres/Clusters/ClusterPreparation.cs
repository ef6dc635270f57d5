using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

/// <summary>
/// What a running server's data lacks of a Supabase project. New data is filled with nothing flushed and with a password that only we know;
/// until that is done, and on the disk, the home says that it is unfinished, and there is no cluster for anybody else.
/// </summary>
internal sealed class ClusterPreparation(ClusterFiles files, ClusterHome home, ClusterOptions options, Func<PostgresInstallation> installation, TimeProvider time)
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(5);

    // From template0, so that it is empty whatever a site puts into template1; as files, which writes no log.
    private const string CreateMaintenanceDatabase = "create database _supabase_deploy template template0 strategy file_copy";

    // Whoever takes a lock first would make the table else.
    private static readonly string FillMaintenanceDatabase =
        $"""
        revoke all on database _supabase_deploy from public;
        grant connect, create, temporary on database _supabase_deploy to postgres;
        {BookkeepingSchema.CreateLockOwners}
        """;

    /// <summary>Signs in, which proves that the server is ours, and does what is missing.</summary>
    /// <param name="pointer">The pointer as it is written.</param>
    /// <param name="administration">The database as superuser.</param>
    /// <param name="turn">The turn to make a template of new data; null for none.</param>
    /// <param name="sink">Is told what is being done.</param>
    /// <param name="cancellationToken">Ends it; the next start goes on.</param>
    /// <returns>The pointer as it is written now.</returns>
    public async Task<ClusterPointer> RunAsync(
        ClusterPointer pointer, DatabaseAddress administration, TemplateTurn? turn, IProgressSink sink, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await ClusterSession.SignInAsync(administration, files.PasswordFile, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            // A server that was started before there were extensions of ours keeps what it has until its next start.
            if (pointer.Bootstrap == Bootstrap.Hash || !await PlatformStatements.AreTakenByAsync(connection, cancellationToken).ConfigureAwait(false))
            {
                return pointer;
            }

            if (home.IsUnfinished)
            {
                await FillAsync(connection, administration, turn, sink, cancellationToken).ConfigureAwait(false);
                home.EndData();
            }
            else
            {
                sink.Publish(new Detail($"Bringing the roles and schemas of '{administration}' up to date."));
                await Bootstrap.ApplyAsync(connection, cancellationToken).ConfigureAwait(false);
            }
        }

        ClusterPointer prepared = pointer with { Bootstrap = Bootstrap.Hash };
        await files.WriteAsync(prepared, cancellationToken).ConfigureAwait(false);
        return prepared;
    }

    private async Task FillAsync(
        NpgsqlConnection connection, DatabaseAddress administration, TemplateTurn? turn, IProgressSink sink, CancellationToken cancellationToken)
    {
        sink.Publish(new ActivityProgress(ClusterData.Activity, "Creating the roles and schemas of a Supabase project", 60));
        Task roles = Bootstrap.ApplyAsync(connection, cancellationToken);
        await Task.WhenAll(roles, MakeMaintenanceDatabaseAsync(administration, roles, cancellationToken)).ConfigureAwait(false);
        if (turn is not null)
        {
            sink.Publish(new ActivityProgress(ClusterData.Activity, "Keeping it as a template, once for this version", 80));
            await connection.ExecuteAsync("checkpoint", cancellationToken).ConfigureAwait(false);
            // Beside each other: neither changes the data. What makes the server write comes afterwards.
            await Task.WhenAll(Task.Run(() => turn.Make(home.Data, cancellationToken), cancellationToken), FlushAsync(cancellationToken)).ConfigureAwait(false);
        }

        await MakeDurableAsync(connection, cancellationToken).ConfigureAwait(false);
        await RolePasswords.SetAsync(connection, ["postgres"], files.ReadPasswords()!.Postgres, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes the maintenance database, and its first connection, which takes longer than any later one, while the roles are made.</summary>
    private static async Task MakeMaintenanceDatabaseAsync(DatabaseAddress administration, Task roles, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await administration.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await connection.ExecuteAsync(CreateMaintenanceDatabase, cancellationToken).ConfigureAwait(false);
        }

        NpgsqlConnection maintenance = await (administration with { Database = "_supabase_deploy" }).OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (maintenance.ConfigureAwait(false))
        {
            await roles.ConfigureAwait(false);
            await maintenance.ExecuteAsync(FillMaintenanceDatabase, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>From here on the server keeps its promises; what it has not flushed until now is flushed at once.</summary>
    private async Task MakeDurableAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (options.IsThrowAway)
        {
            return;
        }

        await ServerSettings.WriteAsync(home, installation(), connection.Port, isThrowAway: false, cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync("select pg_reload_conf()", cancellationToken).ConfigureAwait(false);
        while (await connection.ScalarAsync<string>("show fsync", cancellationToken).ConfigureAwait(false) != "on")
        {
            await Task.Delay(s_poll, time, cancellationToken).ConfigureAwait(false);
        }

        await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private Task FlushAsync(CancellationToken cancellationToken) =>
        options.IsThrowAway ? Task.CompletedTask : Task.Run(() => DurableFolder.FlushAll(home.Data), cancellationToken);
}
