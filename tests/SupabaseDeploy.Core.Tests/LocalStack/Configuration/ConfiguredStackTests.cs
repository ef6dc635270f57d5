using System.Net;
using System.Net.Sockets;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>What <c>supabase/config.toml</c> says, in a stack of the embedded engine.</summary>
public sealed class ConfiguredStackTests
{
    [Fact]
    public async Task Its_ports_are_taken_where_they_are_free_and_what_is_not_honoured_is_named_once()
    {
        await using var project = new StackProject();
        DeploymentEnvironment environment = project.Environment();
        using var taker = new TcpListener(IPAddress.Loopback, 0);
        taker.Start();
        int taken = ((IPEndPoint)taker.LocalEndpoint).Port, api = FreePort(), database = FreePort();
        var sink = new CollectingSink();

        Write(project, $"[api]\nport = {taken}\n[db]\nport = {database}\n[db.pooler]\nenabled = true\n");
        LocalStackInfo moved = await project.StartAsync(environment, sink);
        Write(project, $"[api]\nport = {api}\n[db]\nport = {database}\n");
        LocalStackInfo kept = await project.StartAsync(environment, sink);

        Assert.Equal((database, database), (moved.Database!.Port, kept.Database!.Port));
        Assert.NotEqual(taken, moved.Url!.Port);
        Assert.Equal(api, kept.Url!.Port);
        Assert.Contains(sink.Events, said => said is Notice notice && notice.Message.StartsWith($"Port {taken} is taken by ", StringComparison.Ordinal));
        Assert.Equal(
            ["Engine 'Embedded' does not honour what 'supabase/config.toml' says with db.pooler.enabled."],
            sink.Events.OfType<Caution>().Select(caution => caution.Message));
    }

    [Fact]
    public async Task New_tables_are_for_the_api_unless_it_says_otherwise()
    {
        await using var project = new StackProject();
        DeploymentEnvironment environment = project.Environment();
        Write(project, "[api]\nauto_expose_new_tables = false\n");
        DatabaseAddress database = (await project.StartAsync(environment)).Database!;
        await RunAsync(database, "create table hidden ()");
        Write(project, "project_id = \"shop\"\n");
        await project.StartAsync(environment);
        await RunAsync(database, "create table shown ()");

        Assert.Equal((false, true), (await MayReadAsync(database, "hidden"), await MayReadAsync(database, "shown")));
    }

    [Fact]
    public async Task A_reset_makes_tables_as_it_says()
    {
        await using ResetProject project = await ResetProject.StartAsync();
        project.Write("config.toml", "[api]\nauto_expose_new_tables = false\n");
        await project.Resetter.ResetAsync(project.Request, NullProgressSink.Instance, CancellationToken.None);
        bool hidden = await MayReadAsync(project.Database, "courses");
        project.Write("config.toml", "[api]\nauto_expose_new_tables = true\n");
        await project.Resetter.ResetAsync(project.Request, NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal((false, true), (hidden, await MayReadAsync(project.Database, "courses")));
    }

    private static void Write(StackProject project, string toml)
    {
        Directory.CreateDirectory(Path.Combine(project.Root, "supabase"));
        File.WriteAllText(Path.Combine(project.Root, "supabase", "config.toml"), toml);
    }

    private static async Task RunAsync(DatabaseAddress database, string sql)
    {
        await using var connection = await database.OpenAsync(CancellationToken.None);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<bool> MayReadAsync(DatabaseAddress database, string table)
    {
        await using var connection = await database.OpenAsync(CancellationToken.None);
        await using var command = connection.CreateCommand();
        command.CommandText = $"select has_table_privilege('anon', 'public.{table}', 'select')";
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
