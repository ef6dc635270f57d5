using System.Management.Automation;
using SupabaseDeploy.Backups;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Postgres.Catalog;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Environment;

/// <summary>Compares the schemas of any two environments, folders of migrations or backups; writes one object a difference.</summary>
[Cmdlet(VerbsData.Compare, "Environment", DefaultParameterSetName = EnvironmentSet)]
[OutputType(typeof(EnvironmentDifference))]
public sealed class CompareEnvironmentCommand : ProjectCmdlet
{
    private const string EnvironmentSet = "Environment";
    private const string DatabaseSet = "Database";
    private const string LatestBackup = "latest";

    private readonly DeploymentTargets _targets = new();
    private readonly List<EnvironmentDifference> _notMet = [];

    /// <summary>An environment, a folder of migrations, a backup or a database's URL.</summary>
    [Parameter(ParameterSetName = EnvironmentSet, Position = 0, Mandatory = true)]
    [SchemaTransformation]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public SchemaReference? Left { get; set; }

    /// <summary>The same for the other side. Without it, the left environment is compared with what its last deployment left.</summary>
    [Parameter(ParameterSetName = EnvironmentSet, Position = 1, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = DatabaseSet, ValueFromPipeline = true)]
    [SchemaTransformation]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public SchemaReference? Right { get; set; }

    /// <summary>A PostgreSQL URL: the left side.</summary>
    [Parameter(ParameterSetName = DatabaseSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string? DatabaseUrl { get; set; }

    /// <summary>A project folder or a folder of migrations: the right side of <c>-DatabaseUrl</c>.</summary>
    [Parameter(ParameterSetName = DatabaseSet)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Only differences of these kinds.</summary>
    [Parameter]
    public CatalogKind[]? Kind { get; set; }

    /// <summary>Only differences in these schemas; wildcards.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Schema { get; set; }

    /// <summary>Fail when a difference is this severe or worse.</summary>
    [Parameter]
    public DifferenceSeverity? FailOn { get; set; }

    // With -FailOn it is a gate: what could not be compared must not pass it.
    private protected override bool StopsScript => FailOn is not null;

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        (SchemaSource left, SchemaSource right) = Sides();
        bool isHostedAskedFor = Schema is null && (Kind is null || Kind.Intersect(EnvironmentComparison.HostedKinds).Any());
        EnvironmentComparison comparison = await EnvironmentComparison
            .RunAsync(left, right, Sink, cancellationToken, mustBeWhole: FailOn is not null && isHostedAskedFor).ConfigureAwait(false);
        if (comparison.Differences.Count == 0)
        {
            Sink.Publish(new Notice($"{left} and {right} have the same schema: {comparison.Left.Objects.Count} objects, fingerprint {comparison.Left.Fingerprint}."));
        }

        foreach (EnvironmentDifference difference in comparison.Differences.Where(IsAskedFor))
        {
            Write(difference);
            if (difference.Severity >= FailOn)
            {
                _notMet.Add(difference);
            }
        }
    }

    /// <inheritdoc/>
    protected override Task EndProcessingAsync(CancellationToken cancellationToken) => _notMet.Count == 0
        ? Task.CompletedTask
        : throw new DeployException(
            ErrorTable.RequirementNotMet,
            $"{(_notMet.Count == 1 ? "1 difference is" : $"{_notMet.Count} differences are")} '{FailOn}' or worse: "
            + $"{string.Join(", ", _notMet.Take(5).Select(difference => difference.ToString()))}{(_notMet.Count > 5 ? ", …" : "")}.",
            "Write a migration that makes both sides the same; the property Sql of a difference shows it in a database.",
            string.Join(", ", _notMet.Select(difference => difference.Comparison).Distinct(StringComparer.Ordinal)));

    private bool IsAskedFor(EnvironmentDifference difference) =>
        (Kind is null || Kind.Contains(difference.Kind))
        && (Schema is null || Schema.Any(pattern => new WildcardPattern(pattern, WildcardOptions.IgnoreCase).IsMatch(difference.Schema.Trim('"'))));

    private (SchemaSource Left, SchemaSource Right) Sides()
    {
        if (DatabaseUrl is not null)
        {
            DeploymentEnvironment database = ForDatabase(DatabaseUrl);
            return (new EnvironmentSchema(database, _targets), (Right, Path) switch
            {
                ({ } right, _) => Find(right, database),
                (_, not null) => new FolderSchema(database.MigrationsFolder),
                _ => new DeployedSchema(database, _targets),
            });
        }

        // A backup's id is looked for with the environment it is compared with.
        SchemaSource left = Find(Left!, (Right is null ? null : Find(Right, null, optional: true) as EnvironmentSchema)?.Environment);
        return (left, Right is null ? AsDeployed(left) : Find(Right, (left as EnvironmentSchema)?.Environment));
    }

    private DeployedSchema AsDeployed(SchemaSource left) => left is EnvironmentSchema { Environment: var environment }
        ? new DeployedSchema(environment, _targets)
        : throw new DeployException(
            ErrorTable.NothingToCompare, $"'{left}' has nothing to be compared with.", $"Name the other side: 'Compare-Environment {left} production'.", left.Name);

    private SchemaSource Find(SchemaReference reference, DeploymentEnvironment? other) => Find(reference, other, optional: false)!;

    private SchemaSource? Find(SchemaReference reference, DeploymentEnvironment? other, bool optional) => reference.Source switch
    {
        DeploymentBackup backup => new BackupSchema(backup),
        IEnvironmentResult result => new EnvironmentSchema(result.Environment, _targets),
        Releases.Release release => new FolderSchema(release.MigrationsFolder) { Name = $"release {release}" },
        FileSystemInfo folder => new FolderSchema(ProjectFolder.FindMigrations(folder.FullName)),
        _ => Named(reference, other, optional),
    };

    private SchemaSource? Named(SchemaReference reference, DeploymentEnvironment? other, bool optional)
    {
        string text = reference.Text;
        string folder = System.IO.Path.Combine(CurrentFolder, text);
        string[] stages = File.Exists(CurrentProject.PipelineFile) ? [.. DeploymentPipeline.Load(CurrentProject).StageNames] : [];
        bool isLatest = text.Equals(LatestBackup, StringComparison.OrdinalIgnoreCase);
        return text switch
        {
            _ when text.StartsWith("postgres", StringComparison.Ordinal) && text.Contains("://", StringComparison.Ordinal) => new EnvironmentSchema(ForDatabase(text), _targets),
            _ when stages.Contains(text, StringComparer.OrdinalIgnoreCase) => new EnvironmentSchema(Resolve(EnvironmentReference.From(text)!).Single(), _targets),
            _ when BackupStore.IsId(text) || (isLatest && other is not null) => optional ? null : new BackupSchema(Backup(text, other)),
            _ when Directory.Exists(folder) => new FolderSchema(ProjectFolder.FindMigrations(folder)) { Name = text },
            _ when optional => null,
            _ => throw new DeployException(
                ErrorTable.NothingToCompare,
                $"'{reference}' cannot be compared: it is no environment{(stages.Length == 0 ? "" : $" ({string.Join(", ", stages)})")}, no folder, and no backup's id.",
                "Give an environment of env/pipeline.yml, a folder of migrations, a backup's id or 'latest', or a PostgreSQL URL.",
                reference.ToString()),
        };
    }

    private DeploymentBackup Backup(string id, DeploymentEnvironment? other)
    {
        IReadOnlyList<DeploymentEnvironment> owners = other is not null ? [other] : Resolve(EnvironmentReference.From("*")!);
        DeploymentEnvironment owner = owners.FirstOrDefault(environment => new BackupStore(environment).Ids().Contains(id)) ?? owners[0];
        return new BackupStore(owner).Find(id);
    }

    private DeploymentEnvironment ForDatabase(string url) =>
        DeploymentEnvironment.ForDatabase(DatabaseAddress.Parse(url), System.IO.Path.Combine(CurrentFolder, Path ?? CurrentProject.Root));
}
