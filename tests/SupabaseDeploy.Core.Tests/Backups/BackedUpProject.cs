using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Backups;

/// <summary>A project whose production database has a little of everything, and was backed up once.</summary>
internal sealed class BackedUpProject : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    private BackedUpProject(TestDatabase database)
    {
        Database = database;
        Targets = new DatabaseOnly(database.Application, database.Administration);
        Environment = BackupSample.Environment(_folder.Path);
        // As the history in the sample says, so that health is measured against it.
        _folder.Write("migrations/1_first.sql", "");
        _folder.Write("migrations/20261101120000_create.sql", "");
    }

    public TestDatabase Database { get; }

    public DatabaseOnly Targets { get; }

    public DeploymentEnvironment Environment { get; }

    public BackupStore Store => new(Environment);

    public DeploymentBackup Backup { get; private set; } = null!;

    public string Live => Database.Application.Database;

    public DeploymentRestorer Restorer => new(Targets, new PostgresInstallations());

    public static async Task<BackedUpProject> CreateAsync()
    {
        var project = new BackedUpProject(await TestDatabase.CreateAsync());
        await project.Database.ExecuteAsync(BackupSample.Content);
        project.Backup = await project.BackUpAsync(NullProgressSink.Instance);
        return project;
    }

    public Task<DeploymentBackup> BackUpAsync(IProgressSink sink) =>
        new BackupService(Targets, new PostgresInstallations()).CreateAsync(Environment, sink, CancellationToken.None);

    /// <summary>Everything of the sample that a restore could lose, as text.</summary>
    public Task<string> DescribeAsync() => Database.ScalarAsync<string>(
        """"
        select jsonb_pretty(jsonb_build_object(
            'rows', (select jsonb_agg(to_jsonb(k) order by id) from "Kürse & ""mehr""" k),
            'children', (select jsonb_agg(to_jsonb(c) order by id) from child c),
            'sequence', (select jsonb_build_array(last_value, is_called) from child_id_seq),
            'comment', obj_description('"Kürse & ""mehr"""'::regclass),
            'policies', (select jsonb_agg(to_jsonb(p) order by policyname) from pg_policies p where schemaname = 'public'),
            'privileges', (select relacl::text from pg_class where oid = '"Kürse & ""mehr"""'::regclass),
            'owners', (select jsonb_object_agg(tablename, tableowner) from pg_tables where schemaname in ('public', 'auth')),
            'constraints', (select jsonb_agg(pg_get_constraintdef(oid) order by conname) from pg_constraint where connamespace = 'public'::regnamespace),
            'generated', (select pg_get_expr(adbin, adrelid) from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum where a.attname = 'length'),
            'view', (select total from lengths),
            'users', (select jsonb_agg(email) from auth.users),
            'large object', (select encode(lo_get(oid), 'hex') from pg_largeobject_metadata),
            'extensions', (select jsonb_object_agg(extname, extnamespace::regnamespace) from pg_extension),
            'search_path', current_setting('search_path')))
        """");

    /// <summary>The databases of the server that came from this one.</summary>
    public async Task<IReadOnlyList<string>> DatabasesAsync()
    {
        await using NpgsqlConnection connection = await (Database.Administration with { Database = "_supabase_deploy" }).OpenAsync(CancellationToken.None);
        return await new DatabaseContents(connection).ReadAsync(
            $"select datname from pg_database where datname like '{Live}%' order by 1", row => row.GetString(0), CancellationToken.None);
    }

    /// <summary>Runs the program that is killed at an event, and waits for its end.</summary>
    public async Task KillAsync(string work, string at)
    {
        ProcessResult result = await ChildProcess.RunAsync(
            new ProcessRequest("dotnet", [Repository.KilledProcess, work, Environment.Project.Root, at])
            {
                Environment = new Dictionary<string, string?>
                {
                    ["TEST_APPLICATION_URL"] = Url(Database.Application),
                    ["TEST_ADMINISTRATION_URL"] = Url(Database.Administration),
                },
            },
            CancellationToken.None);
        Assert.True(result.ExitCode == 137, $"The program was not killed at '{at}', it ended with {result.ExitCode}: {result.Error}");
    }

    public async ValueTask DisposeAsync()
    {
        await using (NpgsqlConnection connection = await (Database.Administration with { Database = "_supabase_deploy" }).OpenAsync(CancellationToken.None))
        {
            foreach (string name in await DatabasesAsync())
            {
                await new DatabaseContents(connection).ExecuteAsync($"drop database \"{name}\" with (force)", CancellationToken.None);
            }
        }

        _folder.Dispose();
    }

    private static string Url(DatabaseAddress address) => $"postgresql://{address.User}:{address.Password!.Reveal()}@{address.Host}:{address.Port}/{address.Database}";
}
