using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Bench;

/// <summary>A tool that migrates a database, ready to be run.</summary>
internal sealed record MigrationPeer(string Name, TimedCommand Command, int Rounds);

/// <summary>Other tools on the same files. Each is fetched when it is asked for; one that cannot be had is said to be so.</summary>
internal sealed class MigrationPeers(string work, int files, DatabaseAddress database)
{
    private readonly string _url = database.ToUrl() + "?sslmode=disable";

    public async Task<IReadOnlyList<MigrationPeer>> FindAsync(int rounds)
    {
        (string Name, int Rounds, Func<Task<TimedCommand>> Find)[] all =
        [
            ("Supabase CLI 3.1.0", rounds, SupabaseAsync),
            ("dbmate 2.36.0", rounds, DbmateAsync),
            ("DbUp 6.1.1", rounds, () => Task.FromResult(DbUp())),
            ("psql, one file (the floor)", rounds, () => Task.FromResult(Psql())),
            ("grate 2.2.0", Math.Min(rounds, 2), GrateAsync),
            // Starts psql for each change: a minute a round.
            ("sqitch", 1, SqitchAsync),
        ];
        var found = new List<MigrationPeer>();
        foreach ((string name, int times, Func<Task<TimedCommand>> find) in all)
        {
            try
            {
                found.Add(new MigrationPeer(name, await find(), times));
            }
            catch (Exception e) when (e is IOException or InvalidOperationException or SupabaseDeploy.Errors.DeployException)
            {
                Console.WriteLine($"Migration | {name}: cannot be had here: {e.Message.Split('\n')[0]}");
            }
        }

        return found;
    }

    public async Task<TimedCommand> SupabaseAsync()
    {
        string program = await NpmPackage.ProgramAsync("supabase", "3.1.0", "supabase");
        string project = Path.Combine(work, "supabase-cli");
        UsualMigrations.WriteFolder(Path.Combine(project, "supabase", "migrations"), files);
        File.WriteAllText(Path.Combine(project, "supabase", "config.toml"), "project_id = \"bench\"\n");
        return new TimedCommand(program, "db", "push", "--yes", $"--remote={_url}", "--workdir", project) { Folder = project };
    }

    private async Task<TimedCommand> DbmateAsync()
    {
        string program = await NpmPackage.ProgramAsync("dbmate", "2.36.0", "dbmate");
        string folder = Path.Combine(work, "dbmate");
        UsualMigrations.WriteFolder(folder, files, "-- migrate:up\n", "-- migrate:down\n");
        return new TimedCommand(program, "--no-dump-schema", "--migrations-dir", folder, "migrate") { Environment = new Dictionary<string, string> { ["DATABASE_URL"] = _url } };
    }

    private TimedCommand DbUp()
    {
        string folder = Path.Combine(work, "dbup");
        UsualMigrations.WriteFolder(folder, files);
        return new TimedCommand("dotnet", typeof(MigrationPeers).Assembly.Location, DbUpProgram.Argument, folder) { Environment = new Dictionary<string, string> { ["DATABASE_URL"] = database.ToConnectionString() } };
    }

    private TimedCommand Psql()
    {
        string script = Path.Combine(work, "all.sql");
        UsualMigrations.WriteScript(script, files);
        return new TimedCommand("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", script, "-d", _url);
    }

    private async Task<TimedCommand> GrateAsync()
    {
        const string Version = "2.2.0";
        string tools = Path.Combine(StateFolders.OfThisMachine().Cache, "tools", $"grate@{Version}");
        string program = Path.Combine(tools, OperatingSystem.IsWindows() ? "grate.exe" : "grate");
        if (!File.Exists(program))
        {
            await DebianProgram.InstallAsync("dotnet", "tool", "install", "grate", "--version", Version, "--tool-path", tools);
        }

        string folder = Path.Combine(work, "grate");
        UsualMigrations.WriteFolder(Path.Combine(folder, "up"), files);
        // grate needs a runtime that the tool was made for; the newest will do.
        return new TimedCommand(program, "--files", folder, "--databasetype", "postgresql", "--create=false", "--silent", "--noninteractive", "--connectionstring", database.ToConnectionString())
        {
            Environment = new Dictionary<string, string> { ["DOTNET_ROLL_FORWARD"] = "LatestMajor" },
        };
    }

    private async Task<TimedCommand> SqitchAsync()
    {
        // Its driver for PostgreSQL is a package of its own, that brings no program.
        string program = await DebianProgram.FindOrInstallAsync("sqitch", "libdbd-pg-perl", "sqitch");
        string folder = Path.Combine(work, "sqitch");
        UsualMigrations.WriteSqitch(folder, files);
        return new TimedCommand(program, "deploy", "--no-verify", "db:pg" + _url["postgresql".Length..]) { Folder = folder };
    }
}
