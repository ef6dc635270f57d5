using SupabaseDeploy.Errors;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Environments;

/// <summary>Makes the resolved environment of one written stage. Written values were validated before; here their references get values.</summary>
internal sealed class StageResolver(ProjectFolder project, WrittenPipeline pipeline)
{
    private readonly ReferenceValues _values = new(project, SecretSettings.From(pipeline.Secrets));

    /// <summary>The web bundle's settings, the same for every stage.</summary>
    public static WebSettings Web(ProjectFolder project, WrittenWeb? web)
    {
        var settings = new WebSettings { BundleFolder = web?.Bundle is { } bundle ? Path.GetFullPath(bundle.Value, project.Root) : null };
        return web?.Keep is { } keep ? settings with { KeepReleases = keep.Value } : settings;
    }

    /// <summary>The environment; what has no usable value is added to the problems.</summary>
    public DeploymentEnvironment Resolve(int order, IReadOnlyDictionary<string, string> variables, ProblemList problems)
    {
        WrittenStage stage = pipeline.Stages[order];
        var environment = new DeploymentEnvironment
        {
            Name = stage.Name!.Value,
            Target = stage.Target!.Value,
            Application = pipeline.Application!.Value,
            Project = project,
            MigrationsFolder = project.MigrationsFolder,
            Order = order,
            PromoteFrom = stage.PromoteFrom?.Value,
            Database = Database(stage.Database, problems),
            ProjectReference = ProjectReference(stage.Project, problems),
            Cloud = new CloudResolver(project, written => Text(written, problems), problems).Resolve(stage.Cloud),
            ComposeFile = FilePath(stage.Compose, problems),
            Engine = stage.Engine?.Value ?? LocalStackEngine.Auto,
            Web = Web(project, pipeline.Web),
            Gates = Gates(stage.Gates),
            Health = Health(stage.Health ?? pipeline.Health, problems),
            Backup = Backup(stage.Backup, problems),
            Migrations = Migrations(stage.Target.Value, stage.Migrations),
            SecretSources = _values.SecretSources,
            Variables = variables,
        };
        return environment with { SecretOrigins = _values.SecretOrigins };
    }

    private static GateSettings Gates(WrittenGates? written)
    {
        var usual = new GateSettings();
        return written is null ? usual : new GateSettings
        {
            Evidence = [.. written.Evidence.Select(evidence => new RequiredEvidence(evidence.Kind.Value, evidence.MaxAge?.Value))],
            Soak = written.Soak?.Value,
            Approvals = written.Approvals?.Value ?? usual.Approvals,
            ApprovalsWithin = written.ApprovalsWithin?.Value ?? usual.ApprovalsWithin,
            DrillWithin = written.DrillWithin?.Value,
            Freeze = written.Freeze,
        };
    }

    private static MigrationSettings Migrations(TargetKind target, WrittenMigrations? written)
    {
        var usual = MigrationSettings.For(target);
        return new MigrationSettings
        {
            LockTimeout = written?.LockTimeout?.Value ?? usual.LockTimeout,
            StatementTimeout = written?.StatementTimeout?.Value ?? usual.StatementTimeout,
            Retries = written?.Retries?.Value ?? usual.Retries,
            Contract = written?.Contract?.Value ?? usual.Contract,
        };
    }

    private string? ProjectReference(Written<string>? written, ProblemList problems)
    {
        string? reference = Text(written, problems);
        if (reference is not null && !(reference.Length == 20 && reference.All(char.IsAsciiLetterLower)))
        {
            problems.Error(written!.Path, written.Line, $"'{reference}' is not the reference of a project; expected its 20 lower-case letters.");
        }

        return reference;
    }

    private DatabaseAddress? Database(Written<string>? written, ProblemList problems)
    {
        if (written is null || Text(written, problems) is not { } url)
        {
            return null;
        }

        try
        {
            return DatabaseAddress.Parse(url);
        }
        catch (DeployException e)
        {
            problems.Error(written.Path, written.Line, $"the value of '{written.Value}' cannot be used. {e.Message}");
            return null;
        }
    }

    private HealthSettings Health(WrittenHealth? health, ProblemList problems)
    {
        var usual = new HealthSettings();
        return new HealthSettings
        {
            Endpoints = [.. health?.Endpoints.Select(endpoint => Endpoint(endpoint, problems)) ?? []],
            Timeout = health?.Timeout?.Value ?? usual.Timeout,
            Passes = health?.Passes?.Value ?? usual.Passes,
            Window = health?.Window?.Value ?? usual.Window,
            OnInconclusive = health?.OnInconclusive?.Value ?? usual.OnInconclusive,
            Pause = health?.Pause?.Value ?? usual.Pause,
        };
    }

    private HttpProbeSettings Endpoint(WrittenEndpoint endpoint, ProblemList problems)
    {
        Written<string> written = endpoint.Url!;
        string? url = Text(written, problems);
        if (url is not null && HealthUrl.Problem(url) is not null)
        {
            problems.Error(written.Path, written.Line, $"the value of '{written.Value}' cannot be used; expected {HealthUrl.Expected}.");
        }

        var settings = new HttpProbeSettings { Name = endpoint.Name!.Value, Url = url ?? "", BodyMatches = endpoint.Body?.Value, MaxLatency = endpoint.Latency?.Value };
        return endpoint.Status is { } status ? settings with { Status = status.Value } : settings;
    }

    private BackupSettings Backup(WrittenBackup? backup, ProblemList problems) => new()
    {
        Before = backup?.Before?.Value ?? false,
        Store = FilePath(backup?.Store, problems),
        Keep = backup is { HasKeep: true }
            ? new BackupRetention(backup.Daily?.Value ?? 0, backup.Weekly?.Value ?? 0, backup.Monthly?.Value ?? 0)
            : null,
    };

    private string? FilePath(Written<string>? written, ProblemList problems) =>
        Text(written, problems) is { } path ? Path.GetFullPath(path, project.Root) : null;

    private string? Text(Written<string>? written, ProblemList problems)
    {
        if (written is null)
        {
            return null;
        }

        (string? text, IReadOnlyList<string> reasons) = _values.Resolve(written.Value);
        foreach (string reason in reasons)
        {
            problems.Error(written.Path, written.Line, reason);
        }

        return text;
    }
}
