using SupabaseDeploy.Backups;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.KilledProcess;
using SupabaseDeploy.Postgres;

// Does one piece of work and is killed, as by kill -9, when it comes to the given event: for tests of what the next process finds.
// Arguments: start|backup|drill|restore, the project folder (to start a cluster, its pointer folder), the event.
// For all but start, the two database URLs are in the environment.
string[] arguments = Environment.GetCommandLineArgs()[1..];
var sink = new KillingSink(arguments[2]);
if (arguments[0] == "start")
{
    await PostgresCluster.At(arguments[1], new ClusterOptions { IsThrowAway = true }).StartAsync(sink, CancellationToken.None).ConfigureAwait(false);
    return;
}

DatabaseAddress application = DatabaseAddress.Parse(Environment.GetEnvironmentVariable("TEST_APPLICATION_URL")!);
DatabaseAddress administration = DatabaseAddress.Parse(Environment.GetEnvironmentVariable("TEST_ADMINISTRATION_URL")!);
var environment = new DeploymentEnvironment
{
    Name = "production",
    Target = TargetKind.Local,
    Application = "courses",
    Project = new ProjectFolder(arguments[1]),
    MigrationsFolder = Path.Combine(arguments[1], "migrations"),
};
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
