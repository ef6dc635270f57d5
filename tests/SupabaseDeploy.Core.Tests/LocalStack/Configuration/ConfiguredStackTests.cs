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
    public async Task A_reset_has_the_secrets_in_the_vault_before_a_file_reads_them_and_in_no_snapshot()
    {
        const string Read = "insert into read_secrets select decrypted_secret from vault.decrypted_secrets where name = 'key';";
        const string Content = "select string_agg(value, ' ' order by value) from read_secrets";
        await using ResetProject project = await ResetProject.StartAsync();
        project.Write("config.toml", "[db.vault]\nkey = \"first\"\n");
        project.Write("migrations/2_table.sql", "create table read_secrets (value text not null);");
        await project.ResetAsync();
        project.Write("migrations/3_read.sql", Read);
        await project.ResetAsync();
        string first = await QueryAsync(project.Database, Content);
        project.Write("config.toml", "[db.vault]\nkey = \"second\"\n");
        LocalStackReset again = await project.ResetAsync();

        Assert.Equal(("first", "second"), (first, await QueryAsync(project.Database, Content)));
        Assert.Equal(2, again.FromCache);

        project.Write("migrations/3_read.sql", "select 3;");
        project.Write("seed.sql", Read);
        await project.ResetAsync();
        project.Write("config.toml", "[db.vault]\nkey = \"third\"\n");
        again = await project.ResetAsync();

        Assert.Equal("third", await QueryAsync(project.Database, Content));
        Assert.Equal(3, again.FromCache);
    }

    [Fact]
    public async Task Secrets_are_written_too_where_only_a_migration_makes_the_vault_and_a_start_without_one_says_so()
    {
        await using ResetProject project = await ResetProject.StartAsync();
        var sink = new CollectingSink();
        project.Write("config.toml", "[db.vault]\nkey = \"value\"\n");
        project.Write("migrations/2_none.sql", "drop extension supabase_vault cascade;");
        await project.ResetAsync(sink);
        project.Write("migrations/3_again.sql", "create extension supabase_vault with schema vault;");

        await project.ResetAsync();

        Assert.Equal("value", await QueryAsync(project.Database, "select decrypted_secret from vault.decrypted_secrets where name = 'key'"));
        Assert.Contains(sink.Events.OfType<Notice>(), notice => notice.Message.StartsWith("Secret 'key' of 'db.vault' of 'supabase/config.toml' cannot be written: the database has no extension", StringComparison.Ordinal));
        Assert.DoesNotContain(sink.Events, said => said is Caution);
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
