using Npgsql;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Deployment;

/// <summary>A session in a project with two local stages, both started, and a page that health checks read.</summary>
internal sealed class PublishSession : IDisposable
{
    private const string Pipeline = """
        application: courses
        web:
          bundle: build/web
        health:
          endpoints:
            - { name: home, url: /, body: ready }
        stages:
          - name: staging
            target: local
          - name: production
            target: local
            promoteFrom: staging
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly ModuleSession _session;

    public PublishSession(bool isStarted = true)
    {
        _folder.Write("env/pipeline.yml", Pipeline);
        _folder.Write("env/staging.json", "{}");
        _folder.Write("env/production.json", "{}");
        WriteVersion(1);
        _session = new ModuleSession(_folder.Path);
        if (isStarted)
        {
            Lines("Start-LocalStack *");
        }
    }

    public string Root => _folder.Path;

    public void WriteVersion(int number, string page = "ready")
    {
        _folder.Write($"migrations/00{number}_add_t{number}.sql", $"create table public.t{number} (id int);\ninsert into public.t{number} values (1), (2);\n");
        _folder.Write($"migrations/down/00{number}_add_t{number}.sql", $"drop table public.t{number};\n");
        _folder.Write("build/web/index.html", $"<h1>version {number}: {page}</h1>");
    }

    public SessionResult Run(string script) => _session.Run(script);

    public string Show(string script) => _session.Show(script);

    public string[] Lines(string script)
    {
        SessionResult result = Run(script);
        Assert.True(result.Error is null, $"{script}: {result.Error}");
        return [.. result.Output.Select(value => $"{value}")];
    }

    /// <summary>Runs SQL in the database of a stage.</summary>
    public async Task ExecuteAsync(string stage, string sql)
    {
        await using NpgsqlConnection connection = await OpenAsync(stage);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first value of a query in the database of a stage.</summary>
    public async Task<T> ScalarAsync<T>(string stage, string sql)
    {
        await using NpgsqlConnection connection = await OpenAsync(stage);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The database of a stage.</summary>
    public DatabaseAddress Database(string stage) =>
        DatabaseAddress.Parse(Assert.Single(Lines($$"""$d = (Get-LocalStack {{stage}}).Database; "postgresql://$($d.User):$([uri]::EscapeDataString($d.Password.Reveal()))@$($d.Host):$($d.Port)/$($d.Database)" """)));

    private Task<NpgsqlConnection> OpenAsync(string stage) => Database(stage).OpenAsync(CancellationToken.None);

    public void Dispose()
    {
        SessionResult removed = _session.Run("Stop-LocalStack * -RemoveData -Confirm:$false");
        _session.Dispose();
        _folder.Dispose();
        Assert.Null(removed.Error);
    }
}
