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
public sealed partial class MarkedProject : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string?> _variablesBefore = [];
    private readonly Dictionary<string, TestDatabase> _databases = [];
    private readonly Dictionary<string, ManagementApiProject> _projects = [];
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

    private void SetVariables()
    {
        Set("PATH", Children.Programs + Path.PathSeparator + System.Environment.GetEnvironmentVariable("PATH"));
        Set("PSModulePath", Path.Combine(_folder.Path, "modules") + Path.PathSeparator + System.Environment.GetEnvironmentVariable("PSModulePath"));
        Set("SUPABASE_DEPLOY_POSTGRES", Children.PostgresFolder);
        Set("FLUTTER_ROOT", Path.Combine(_folder.Path, "flutter"));
        Set("GITHUB_ACTIONS", "true");
        Set("GITHUB_ACTOR", "ann");
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
