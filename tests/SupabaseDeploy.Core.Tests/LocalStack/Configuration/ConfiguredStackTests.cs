using System.Net;
using System.Net.Sockets;
using System.Text.Json;
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

    [Fact]
    public async Task Buckets_and_secrets_are_in_the_database_and_mails_are_served_to_Auth()
    {
        await using var project = new StackProject
        {
            Stacks = new LocalStacks(gatewayFolder: Repository.GatewayFolder)
            {
                FindProgram = program => program == "gotrue" ? Path.Combine(Repository.Root, "tests", "stand-ins", "gotrue") : null,
            },
        };
        const string Toml = """
            [storage.buckets.images]
            public = true
            file_size_limit = "2MiB"
            allowed_mime_types = ["image/png"]
            [db.vault]
            api_key = "env(THE_API_KEY)"
            [auth.email.template.invite]
            content_path = "./invite.html"
            """;
        const string Content = "select (select decrypted_secret from vault.decrypted_secrets where name = 'api_key') || ' ' || (select format('%s %s %s %s', id, public, file_size_limit, allowed_mime_types) from storage.buckets)";
        Write(project, Toml);
        await File.WriteAllTextAsync(Path.Combine(project.Root, "supabase", ".env"), "THE_API_KEY=first\n");
        await File.WriteAllTextAsync(Path.Combine(project.Root, "invite.html"), "<p>Come in</p>");
        LocalStackInfo stack = await project.StartAsync(project.Environment());
        string before = await QueryAsync(stack.Database!, Content);
        await File.WriteAllTextAsync(Path.Combine(project.Root, "supabase", ".env"), "THE_API_KEY=second\n");
        Write(project, Toml.Replace("public = true", "public = false", StringComparison.Ordinal));
        await project.StartAsync(project.Environment());

        Assert.Equal(("first images t 2097152 {image/png}", "second images f 2097152 {image/png}"), (before, await QueryAsync(stack.Database!, Content)));
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using JsonDocument auth = JsonDocument.Parse(await client.GetStringAsync(new Uri(stack.Url!, "/auth/v1/verify")));
        string url = auth.RootElement.GetProperty("inviteTemplate").GetString()!;
        Assert.Equal(new Uri(stack.Url!, "/_gateway/mail/invite").ToString(), url);
        Assert.Equal("<p>Come in</p>", await client.GetStringAsync(new Uri(url)));
        File.Delete(Path.Combine(project.Root, "invite.html"));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri(url))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri(stack.Url!, "/_gateway/mail/../services.json"))).StatusCode);
        await File.WriteAllTextAsync(Path.Combine(project.Root, "invite.html"), "");
    }

    [Fact]
    public async Task A_reset_makes_buckets_anew()
    {
        await using ResetProject project = await ResetProject.StartAsync();
        project.Write("config.toml", "[storage.buckets.images]\npublic = true\n");

        await project.Resetter.ResetAsync(project.Request, NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal("images", await QueryAsync(project.Database, "select name from storage.buckets"));
    }

    [Fact]
    public async Task A_reset_whose_bucket_is_refused_has_happened_and_says_so()
    {
        await using ResetProject project = await ResetProject.StartAsync();
        project.Write("config.toml", "[storage.buckets.images]\n");
        project.Write("migrations/2_no_images.sql", "alter table storage.buckets add constraint no_images check (id <> 'images');");
        var sink = new CollectingSink();

        LocalStackReset reset = await project.ResetAsync(sink);

        Assert.Equal("2", reset.Version);
        Assert.Contains(sink.Events, said => said is Caution { Message: var message }
            && message.StartsWith("The database was reset, and lacks something: Bucket 'images' of 'supabase/config.toml' cannot be written to database ", StringComparison.Ordinal));
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

    private static async Task<string> QueryAsync(DatabaseAddress database, string sql)
    {
        await using var connection = await database.OpenAsync(CancellationToken.None);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (string)(await command.ExecuteScalarAsync())!;
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
