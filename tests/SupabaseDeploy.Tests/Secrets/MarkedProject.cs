using System.Globalization;
using System.Text;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Secrets;

/// <summary>
/// An application whose every secret is marked: a local stack, hosted stages that work, that refuse the password and that nobody answers for, a
/// shared store of releases, and secrets from every place there is. It sets variables of this process, so that no other test may run meanwhile.
/// </summary>
public sealed class MarkedProject : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string?> _variablesBefore = [];
    private readonly Dictionary<string, TestDatabase> _databases = [];
    private ManagementApiServer _api = null!;
    private StorageServer _storage = null!;
    private ObjectStorage _store = null!;
    private ModuleSession _session = null!;
    private string _functionSecret = "";
    private string _mailPassword = "";
    private bool _isPrepared;

    internal Marks Marks { get; } = new();

    internal Children Children { get; private set; } = null!;

    internal ModuleSession Session => _session;

    /// <summary>The project.</summary>
    public string Root => Path.Combine(_folder.Path, "project");

    public async ValueTask InitializeAsync()
    {
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);
        Children = new Children(_folder.Path);
        Children.BreakFlag = Path.Combine(Root, "break-dump");
        PostgresInstallation installation = new PostgresInstallations().Find()!;
        Children.UsePostgres(installation);
        _api = await ManagementApiServer.StartAsync();
        _storage = await StorageServer.StartAsync();
        _store = await ObjectStorage.StartAsync();
        _api.Token = new Secret(Marks.New("access token", "sbp_{0}"));
        _storage.Key = Marks.New("service key of the project", "sb_secret_{0}");
        _storage.SiteFolder = Path.Combine(_folder.Path, "site");
        await AddDatabaseAsync("staging");
        await AddDatabaseAsync("production");
        await AddDatabaseAsync("troubled");
        _projects["troubled"].ApiKeys[1] = ("service_role", "legacy", Marks.New("service key that is revoked", "sb_secret_{0}"));
        WritePrograms();
        WriteFiles();
        WritePipeline();
        SetVariables();
        _session = new ModuleSession(Root);
        DatabaseAddress bare = _databases["staging"].Application;
        _session.Runspace.SessionStateProxy.SetVariable("url", Url(bare));
        _session.Runspace.SessionStateProxy.SetVariable("wrongUrl", $"postgresql://postgres:{Escaped("given password")}@127.0.0.1:{bare.Port}/postgres");
        _session.Runspace.SessionStateProxy.SetVariable("deadUrl", $"postgresql://postgres:{Escaped("given password of nowhere")}@127.0.0.1:1/postgres");
        _session.Runspace.SessionStateProxy.SetVariable("badUrl", $"postgresql://postgres:{Escaped("given password of a bad URL")}@127.0.0.1:port/postgres?sslmode=wrong");
        _session.Runspace.SessionStateProxy.SetVariable("troubled", new Action<string>(Trouble));
        _session.Runspace.SessionStateProxy.SetVariable("mirror", $"http://user:{Escaped("password of a mirror")}@127.0.0.1:1/");
    }

    public async ValueTask DisposeAsync()
    {
        _session.Run("Stop-LocalStack * -RemoveData -Confirm:$false");
        _session.Dispose();
        await Children.DisposeAsync();
        foreach ((string name, string? value) in _variablesBefore)
        {
            System.Environment.SetEnvironmentVariable(name, value);
        }

        foreach (TestDatabase database in _databases.Values)
        {
            await database.DisposeAsync();
        }

        await _store.DisposeAsync();
        await _storage.DisposeAsync();
        await _api.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Brings the local stack and staging to where commands find something to work on; once.</summary>
    internal void Prepare()
    {
        if (_isPrepared)
        {
            return;
        }

        _isPrepared = true;
        SessionResult result = _session.Run("Start-LocalStack local -Service gateway, auth, rest | Invoke-Migration; $null = Backup-Deployment staging; New-Release | Publish-Environment staging -Confirm:$false");
        LearnMarks();
        Assert.True(result.Error is null, $"{result.Error}");
    }

    /// <summary>Takes what the module made by now for secret: the keys and passwords of the local stack, the passwords of login roles.</summary>
    internal void LearnMarks()
    {
        string stack = Path.Combine(Root, ".supabase-deploy", "environments", "local");
        foreach (string file in (string[])["keys.json", "cluster.secrets.json"])
        {
            string path = Path.Combine(stack, file);
            if (File.Exists(path))
            {
                AddAll(file, System.Text.Json.JsonDocument.Parse(File.ReadAllText(path)).RootElement);
            }
        }

        foreach ((string password, int index) in _databases.Keys.SelectMany(stage => _projects[stage].LoginPasswords).Select((password, index) => (password, index)))
        {
            Marks.Add(string.Create(CultureInfo.InvariantCulture, $"password of login role {index}"), password);
        }
    }

    /// <summary>Every row of what the module keeps in the databases, and what the servers say of what was run.</summary>
    internal async Task<string> LedgersAsync()
    {
        var text = new StringBuilder();
        foreach (TestDatabase database in _databases.Values)
        {
            await DumpAsync(database.Administration, text);
        }

        foreach (object url in _session.Run("(Get-LocalStack local).Database | ForEach-Object { \"postgresql://$($_.User):$($_.Password.Reveal())@$($_.Host):$($_.Port)/$($_.Database)\" }").Output)
        {
            await DumpAsync(DatabaseAddress.Parse($"{url}"), text);
        }

        await DumpAsync(_databases["staging"].Administration with { Database = "_supabase_deploy" }, text);
        return text.ToString();
    }

    /// <summary>The files of the project, of its clusters and of what they log, with their text and mode.</summary>
    internal IEnumerable<(string Path, string Text, UnixFileMode Mode)> Files()
    {
        string pointer = Path.Combine(Root, ".supabase-deploy", "environments", "local", "cluster.json");
        string[] clusters = File.Exists(pointer)
            ? [.. System.Text.Json.JsonDocument.Parse(File.ReadAllText(pointer)).RootElement.EnumerateObject()
                .Where(property => property.Value.ValueKind == System.Text.Json.JsonValueKind.String)
                .Select(property => property.Value.GetString()!)
                .Where(Directory.Exists)]
            : [];
        foreach (string file in Directory.GetFiles(Root, "*", SearchOption.AllDirectories)
            .Concat(clusters.SelectMany(cluster => Directory.GetFiles(cluster, "*.log*", SearchOption.AllDirectories))).Distinct().Where(file => new FileInfo(file).Length > 0))
        {
            yield return (Path.GetRelativePath(Root, file), Read(file), File.GetUnixFileMode(file));
        }
    }

    private static string Read(string file)
    {
        // Also what somebody holds a lock on.
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), Encoding.Latin1);
        return reader.ReadToEnd();
    }

    private readonly Dictionary<string, ManagementApiProject> _projects = [];

    /// <summary>The next request for an operation is refused with words that repeat the secrets it came with.</summary>
    private void Trouble(string operation)
    {
        string value = operation == "v1-bulk-create-secrets" ? _functionSecret : _mailPassword;
        _api.Trouble(operation, new ManagementApiTrouble { Status = 400, Message = $"'{value}' is too weak, says {_api.Token.Reveal()}" });
    }

    private void AddAll(string kind, System.Text.Json.JsonElement element)
    {
        foreach (System.Text.Json.JsonProperty property in element.EnumerateObject().Where(property => property.Value.ValueKind == System.Text.Json.JsonValueKind.String && property.Name != "publishableKey"))
        {
            Marks.Add($"{property.Name} of {kind}", property.Value.GetString()!);
        }
    }

    private async Task AddDatabaseAsync(string stage)
    {
        TestDatabase database = await TestDatabase.CreateAsync();
        _databases[stage] = database;
        ManagementApiProject project = _api.AddProject();
        _projects[stage] = project;
        project.Database = database.Application;
        project.Administration = database.Administration;
        project.ApiKeys.Clear();
        project.ApiKeys.AddRange([("anon", "legacy", "anon-key"), ("service_role", "legacy", _storage.Key)]);
        project.Auth["smtp_pass"] = Marks.New($"mail password that {stage} has");
        project.AddSecret("LEFT_OVER", Marks.New($"secret that {stage} has"));
        Marks.Add("password of the databases", database.Application.Password!.Reveal());
        Marks.Add("password of the administrator", database.Administration.Password!.Reveal());
    }

    private void WritePrograms()
    {
        // It says more than it should, as programs do.
        Children.Write("publish-site", $"echo \"token $CDN_TOKEN\"; echo \"token $CDN_TOKEN\" >&2; mkdir -p '{_storage.SiteFolder}'; cp -R \"$1\"/. '{_storage.SiteFolder}'");
        Children.Write("broken-publish-site", "echo \"refused: $CDN_TOKEN\" >&2; exit 3");
        _functionSecret = Marks.New("function secret", "a 'quoted' \"{0}\" /+=% é");
        _mailPassword = Marks.New("mail password", "{0} & \"more\"");
        Children.Write("password-manager", $"""
            case "$2" in
              MARKED_FUNCTION) printf '%s\n' '{_functionSecret.Replace("'", "'\\''", StringComparison.Ordinal)}' ;;
              MARKED_CDN) printf '%s\n' '{Marks.New("token of the web host", "cdn-{0}")}' ;;
              *) echo '{Marks.New("what the password manager said")}'; echo "no item $2" >&2; exit 1 ;;
            esac
            """);
        _folder.Write("programs/no-program", "not a program\n");
        string standIns = Path.Combine(Repository.Root, "tests", "stand-ins");
        Children.Precede(Children.Programs, "gotrue", Path.Combine(standIns, "gotrue"));
        Children.Precede(Children.Programs, "postgrest", Path.Combine(standIns, "postgrest"));
        Directory.CreateDirectory(Path.Combine(_folder.Path, "flutter", "bin"));
        Children.Precede(Path.Combine(_folder.Path, "flutter", "bin"), "flutter", Path.Combine(standIns, "flutter"));
        _folder.Write("modules/Microsoft.PowerShell.SecretManagement/Microsoft.PowerShell.SecretManagement.psm1", $$"""
            function Get-Secret {
                [CmdletBinding()] param([string] $Name, [string] $Vault)
                if ($Name -ne 'MARKED_SMTP') { throw "The secret $Name was not found." }
                [Net.NetworkCredential]::new('', '{{_mailPassword}}').SecurePassword
            }
            """);
    }

    private void WriteFiles()
    {
        Write("supabase/migrations/001_add_courses.sql", "create table public.courses (id int primary key);\ninsert into public.courses values (1);\n");
        Write("supabase/migrations/down/001_add_courses.sql", "drop table public.courses;\n");
        Write("supabase/config.toml", "project_id = \"courses\"\n[auth.external.google]\nenabled = true\nclient_id = \"client\"\nsecret = \"env(MARKED_GOOGLE)\"\n[db.vault]\nmarked = \"env(MARKED_VAULT)\"\n[edge_runtime.secrets]\nMARKED = \"env(MARKED_EDGE)\"\n");
        Write("supabase/.env", $"MARKED_VAULT='{Marks.New("secret of the database's vault", "a \"{0}\" +/=")}'\nMARKED_EDGE={Marks.New("secret of a local function")}\n");
        File.SetUnixFileMode(Path.Combine(Root, "supabase", ".env"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Write("supabase/functions/hello/index.ts", "Deno.serve(() => new Response('hello'));\n");
        Write("build/web/index.html", "<title>Courses</title><script src=\"app.3f9a1c22.js\"></script>");
        Write("build/web/app.3f9a1c22.js", "console.log('courses');");
        Write("pubspec.yaml", "name: courses\n");
        Write("lib/main.dart", "void main() {}\n");
        Write("test/main_test.dart", "void main() {}\n");
        Write("stand-in.json", """{ "tests": [{ "type": "done", "time": 50, "success": true }] }""");
        Write("env/local.json", """{ "APP_ENVIRONMENT": "local" }""");
        foreach (string stage in (string[])["staging", "production", "troubled"])
        {
            Write($"env/{stage}.json", $$"""{ "SUPABASE_URL": "{{_storage.Address}}" }""");
        }

        SecretFile("MARKED_STAGING_URL", Url(_databases["staging"].Application));
        SecretFile("MARKED_TROUBLED_URL", Url(_databases["troubled"].Application));
        SecretFile("MARKED_WRONG_URL", $"postgresql://postgres:{Escaped("wrong password")}@127.0.0.1:{_databases["staging"].Application.Port}/postgres?sslmode=disable");
        SecretFile("MARKED_DEAD_URL", $"postgresql://postgres:{Escaped("password of nowhere")}@127.0.0.1:1/postgres");
        SecretFile("MARKED_BAD_URL", $"mysql://postgres:{Escaped("password in a URL that cannot be used")}@127.0.0.1/postgres");
        SecretFile("MARKED_REVOKED", Marks.New("revoked token", "sbp_{0}"));
        Write("token.txt", _api.Token.Reveal() + "\n");
        File.SetUnixFileMode(Path.Combine(Root, "token.txt"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private void WritePipeline() => Write("env/pipeline.yml", $$"""
        application: courses
        web: { bundle: build/web }
        secrets: { command: [password-manager, get, "{name}"], vault: team }
        releases: { store: "s3://{{ObjectStorage.Bucket}}/courses", endpoint: "{{_store.Endpoint}}", accessKey: {{ObjectStorage.Key}}, secretKey: "${secret:MARKED_S3}" }
        stages:
          - name: local
            target: local
          - name: staging
            target: supabase-cloud
            api: {{_api.Address}}
            project: {{_projects["staging"].Reference}}
            database: ${secret:MARKED_STAGING_URL}
            secrets: { STRIPE_KEY: "${secret:MARKED_FUNCTION}" }
            configuration: { set: { auth.email.smtp.pass: "${secret:MARKED_SMTP}", auth.jwt_expiry: 3600 } }
            backup: { before: true }
            hosting: { command: [publish-site, "{bundle}"], variables: { CDN_TOKEN: "${secret:MARKED_CDN}" }, url: "{{_storage.Address}}site/" }
          - name: production
            target: supabase-cloud
            promoteFrom: staging
            gates: { approvals: 1 }
            api: {{_api.Address}}
            project: {{_projects["production"].Reference}}
            accessToken: ${file:token.txt}
            database: {{Url(_databases["production"].Application with { Password = null })}}
            hosting: { bucket: web }
          - name: broken-host
            target: supabase-cloud
            api: {{_api.Address}}
            project: {{_projects["staging"].Reference}}
            database: ${secret:MARKED_STAGING_URL}
            hosting: { command: [broken-publish-site, "{bundle}"], variables: { CDN_TOKEN: "${secret:MARKED_CDN}" }, url: "{{_storage.Address}}site/broken/" }
          - name: no-program
            target: supabase-cloud
            api: {{_api.Address}}
            project: {{_projects["staging"].Reference}}
            database: ${secret:MARKED_STAGING_URL}
            hosting: { command: [no-program, "{bundle}"], variables: { CDN_TOKEN: "${secret:MARKED_CDN}" }, url: "{{_storage.Address}}site/none/" }
          - name: troubled
            target: supabase-cloud
            api: {{_api.Address}}
            project: {{_projects["troubled"].Reference}}
            database: ${secret:MARKED_TROUBLED_URL}
            secrets: { STRIPE_KEY: "${secret:MARKED_FUNCTION}" }
            configuration: { set: { auth.email.smtp.pass: "${secret:MARKED_SMTP}" } }
            hosting: { bucket: web }
          - name: wrong
            target: supabase-cloud
            api: {{_api.Address}}
            project: {{_projects["staging"].Reference}}
            database: ${secret:MARKED_WRONG_URL}
          - name: dead
            target: supabase-cloud
            api: {{_api.Address}}
            project: {{_projects["staging"].Reference}}
            database: ${secret:MARKED_DEAD_URL}
          - name: revoked
            target: supabase-cloud
            api: {{_api.Address}}
            accessToken: ${secret:MARKED_REVOKED}
            project: {{_projects["staging"].Reference}}
            secrets: { STRIPE_KEY: "${secret:MARKED_FUNCTION}" }
          - name: bad-url
            target: docker
            compose: docker-compose.yml
            database: ${secret:MARKED_BAD_URL}
          - name: unresolved
            target: docker
            compose: docker-compose.yml
            database: ${secret:MARKED_UNKNOWN}
        """);

    private void SetVariables()
    {
        Set("PATH", Children.Programs + Path.PathSeparator + System.Environment.GetEnvironmentVariable("PATH"));
        Set("PSModulePath", Path.Combine(_folder.Path, "modules") + Path.PathSeparator + System.Environment.GetEnvironmentVariable("PSModulePath"));
        Set("SUPABASE_DEPLOY_POSTGRES", Children.PostgresFolder);
        Set("FLUTTER_ROOT", Path.Combine(_folder.Path, "flutter"));
        Set("GITHUB_ACTIONS", "true");
        Set("GITHUB_STEP_SUMMARY", Path.Combine(Root, "summary.md"));
        Set("SUPABASE_ACCESS_TOKEN", _api.Token.Reveal());
        Set("MARKED_S3", Marks.New("secret key of the store"));
        Set("MARKED_GOOGLE", Marks.New("secret of a sign-in"));
        Set("DATABASE_URL", $"postgresql://postgres:{Escaped("password in DATABASE_URL")}@127.0.0.1:1/postgres");
        foreach (string name in (string[])["PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GITHUB_TOKEN", "SUPABASE_SERVICE_ROLE_KEY"])
        {
            Set(name, Marks.New($"the caller's {name}"));
        }
    }

    private void Set(string name, string value)
    {
        _variablesBefore.TryAdd(name, System.Environment.GetEnvironmentVariable(name));
        System.Environment.SetEnvironmentVariable(name, value);
    }

    /// <summary>A password with letters that mean something in URLs, SQL, JSON and a shell.</summary>
    private string Escaped(string kind) => Uri.EscapeDataString(Marks.New(kind, "p'\"$ {0} /@+%"));

    private static string Url(DatabaseAddress address) =>
        $"postgresql://{address.User}{(address.Password is { } password ? ":" + Uri.EscapeDataString(password.Reveal()) : "")}@{address.Host}:{address.Port}/{address.Database}?sslmode=disable";

    private void SecretFile(string name, string value)
    {
        Write($".supabase-deploy/secrets/{name}", value);
        File.SetUnixFileMode(Path.Combine(Root, ".supabase-deploy", "secrets", name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private void Write(string path, string content) => _folder.Write(Path.Combine("project", path), content);

    private static async Task DumpAsync(DatabaseAddress address, StringBuilder text)
    {
        await using NpgsqlConnection connection = await address.OpenAsync(CancellationToken.None);
        foreach (string table in await ColumnAsync(connection, "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('supabase_deploy', 'supabase_migrations', 'public')"))
        {
            text.AppendJoin('\n', await ColumnAsync(connection, $"select t::text from {table} t")).Append('\n');
        }

        text.AppendJoin('\n', await ColumnAsync(connection, "select concat_ws(' ', application_name, query) from pg_stat_activity")).Append('\n');
    }

    private static async Task<List<string>> ColumnAsync(NpgsqlConnection connection, string sql)
    {
        var values = new List<string>();
        await using var command = new NpgsqlCommand(sql, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }
}
