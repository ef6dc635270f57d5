using System.Globalization;
using SupabaseDeploy.Backups;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.KilledProcess;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;

// Does one piece of work and is killed, as by kill -9, when it comes to the given event: for tests of what the next process finds.
// Arguments: start|backup|drill|restore|reset|clireset|shadow|docker, the project folder (to start a cluster, its pointer folder; for a shadow, the
// migrations), the event, and for a shadow the folder of shadows and snapshots, for a stack in Docker the gateway's folder,
// for a reset by the Supabase CLI the folder of programs;
// or restorepoint, the project folder, the event, the restore point;
// or publish or rollback, the project folder, the number of the step boundary or, after an 'e', of the event, the stage, the release.
// For backup, drill, restore, publish and rollback, the database URLs are in the environment. Exits 3 when it came to its end alive.
const int Alive = 3;
string[] arguments = Environment.GetCommandLineArgs()[1..];
KillingSink sink = (arguments[0], arguments[2]) switch
{
    ("publish" or "rollback", ['e', .. string number]) => KillingSink.AtEvent(int.Parse(number, CultureInfo.InvariantCulture)),
    ("publish" or "rollback", string number) => KillingSink.AtBoundary(int.Parse(number, CultureInfo.InvariantCulture)),
    _ => KillingSink.At(arguments[2]),
};
if (arguments[0] == "start")
{
    await PostgresCluster.At(arguments[1], new ClusterOptions { IsThrowAway = true }).StartAsync(sink, CancellationToken.None).ConfigureAwait(false);
    return Alive;
}

if (arguments[0] == "shadow")
{
    IReadOnlyList<MigrationFile> files = MigrationFolder.Read(arguments[1], sink);
    StateFolders folders = StateFolders.OfThisMachine() with { Snapshots = Path.Combine(arguments[3], "snapshots"), Shadows = Path.Combine(arguments[3], "shadows") };
    var shadows = new ShadowDatabases(new ClusterOptions { Folders = folders }) { WorthKeeping = TimeSpan.Zero };
    await using ShadowDatabase shadow = await shadows.OpenAsync(files, sink, CancellationToken.None).ConfigureAwait(false);
    return Alive;
}

if (arguments[0] == "docker")
{
    var stacks = new LocalStacks(gatewayFolder: arguments[3]);
    await stacks.StartAsync(LocalEnvironment("local"), LocalStackEngine.Docker, sink, CancellationToken.None).ConfigureAwait(false);
    return Alive;
}

if (arguments[0] == "reset")
{
    DeploymentEnvironment local = LocalEnvironment("local");
    await new LocalStackResetter().ResetAsync(new ResetRequest { Environment = local }, sink, CancellationToken.None).ConfigureAwait(false);
    return Alive;
}

if (arguments[0] == "clireset")
{
    DeploymentEnvironment local = LocalEnvironment("local") with { MigrationsFolder = Path.Combine(arguments[1], "supabase", "migrations") };
    var resetter = new LocalStackResetter { FindProgram = name => Path.Combine(arguments[3], name) };
    await resetter.ResetAsync(new ResetRequest { Environment = local, IncludeSeed = false }, sink, CancellationToken.None).ConfigureAwait(false);
    return Alive;
}

if (arguments[0] == "restorepoint")
{
    DeploymentEnvironment staging = DeploymentPipeline.Load(new ProjectFolder(arguments[1])).Resolve("staging")[0];
    var restorer = new RestorePointRestorer(new DeploymentTargets());
    RestorePoint point = await restorer.FindAsync(staging, arguments[3], CancellationToken.None).ConfigureAwait(false);
    await restorer.RestoreAsync(staging, point, new DeploymentOptions { Reason = "rehearsed" }, sink, CancellationToken.None).ConfigureAwait(false);
    return Alive;
}

DatabaseAddress application = DatabaseAddress.Parse(Environment.GetEnvironmentVariable("TEST_APPLICATION_URL")!);
if (arguments[0] is "publish" or "rollback")
{
    await Publication.RunAsync(arguments[0], new ProjectFolder(arguments[1]), arguments[3], arguments[4], application, sink).ConfigureAwait(false);
    return Alive;
}

DatabaseAddress administration = DatabaseAddress.Parse(Environment.GetEnvironmentVariable("TEST_ADMINISTRATION_URL")!);
DeploymentEnvironment environment = LocalEnvironment("production");
var targets = new OneDatabase(application, administration);
var installations = new PostgresInstallations();
Task work = arguments[0] switch
{
    "backup" => new BackupService(targets, installations).CreateAsync(environment, sink, CancellationToken.None),
    "drill" => new BackupDriller(targets).RunAsync(new BackupStore(environment).Find("latest"), sink, CancellationToken.None),
    "restore" => new DeploymentRestorer(targets, installations).RestoreAsync(new BackupStore(environment).Find("latest"), new DeploymentOptions(), sink, CancellationToken.None),
    _ => throw new ArgumentException($"'{arguments[0]}' is no work of this program."),
};
await work.ConfigureAwait(false);
return Alive;

DeploymentEnvironment LocalEnvironment(string name) => new()
{
    Name = name,
    Target = TargetKind.Local,
    Application = "courses",
    Project = new ProjectFolder(arguments[1]),
    MigrationsFolder = new ProjectFolder(arguments[1]).MigrationsFolder,
};
