using System.Text.RegularExpressions;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Environments;

/// <summary>Reads <c>env/pipeline.yml</c> as written. What concerns one value is checked here, what concerns several in <see cref="PipelineRules"/>.</summary>
internal sealed class PipelineReader(ProblemList problems)
{
    private static readonly Dictionary<string, TargetKind> s_targets = new()
    {
        ["local"] = TargetKind.Local,
        ["supabase-cloud"] = TargetKind.SupabaseCloud,
        ["docker"] = TargetKind.Docker,
        ["kubernetes"] = TargetKind.Kubernetes,
    };

    private static readonly Dictionary<string, LocalStackEngine> s_engines = new()
    {
        ["auto"] = LocalStackEngine.Auto,
        ["embedded"] = LocalStackEngine.Embedded,
        ["docker"] = LocalStackEngine.Docker,
        ["supabase-cli"] = LocalStackEngine.SupabaseCli,
    };

    private static readonly Dictionary<string, InconclusiveHealth> s_inconclusive = new()
    {
        ["pause"] = InconclusiveHealth.Pause,
        ["rollBack"] = InconclusiveHealth.RollBack,
        ["keep"] = InconclusiveHealth.Keep,
    };

    private static readonly Dictionary<string, ContractMigrations> s_contract = new()
    {
        ["together"] = ContractMigrations.Together,
        ["afterHealth"] = ContractMigrations.AfterHealth,
    };

    /// <summary>The checks that every environment has (<see cref="Health.HealthCheck.Check"/>): an endpoint of that name could not be told from them.</summary>
    private static readonly string[] s_ownChecks = ["database", "writes", "migrations", "schema", "connections", "transactions", "web"];

    /// <summary>The names <c>target</c> takes.</summary>
    public static IReadOnlyCollection<string> Targets => s_targets.Keys;

    /// <summary>The names <c>engine</c> takes.</summary>
    public static IReadOnlyCollection<string> Engines => s_engines.Keys;

    /// <summary>The file's content; null when it is not even a mapping.</summary>
    public WrittenPipeline? Read(string text)
    {
        if (YamlTree.Parse(text, problems) is not { } node)
        {
            if (!problems.HasErrors)
            {
                problems.Error("", 0, "the file is empty; expected a mapping with 'application' and 'stages'.");
            }

            return null;
        }

        if (MapReader.Root(node, problems) is not { } root)
        {
            return null;
        }

        root.Require("application", "the application's name");
        root.Require("stages", "a list of stages in promotion order");
        IReadOnlyList<MapReader> stages = root.Maps("stages", "a list of stages in promotion order");
        return new WrittenPipeline
        {
            Application = root.Text("application", "a name of letters, digits, '-' and '_'", IsApplicationName),
            Web = Web(root.Map("web", "a mapping with 'bundle' and 'keep'")),
            Health = Health(root),
            Releases = ReleasesReader.Read(root.Map("releases", "a mapping with 'store'"), problems),
            Secrets = SecretsReader.Read(root.Map("secrets", "a mapping with 'command' or 'vault'"), problems),
            Stages = [.. stages.Select(Stage)],
        };
    }

    private WrittenStage Stage(MapReader stage)
    {
        stage.Require("name", "the stage's name");
        stage.Require("target", Suggestion.OneOf([.. s_targets.Keys]));
        return new WrittenStage(stage.Path, stage.Line)
        {
            Name = stage.Text("name", "a name of lower-case letters, digits and '-', starting with a letter", IsStageName),
            Target = stage.Choice("target", s_targets),
            Project = problems.Public(stage.Text("project", "the project's reference")),
            Database = problems.Referable(stage.Text("database", "a database URL, usually '${secret:NAME}'")),
            PromoteFrom = stage.Text("promoteFrom", "the name of an earlier stage"),
            Compose = problems.Public(stage.Text("compose", "the path of a compose file")),
            Engine = stage.Choice("engine", s_engines),
            Health = Health(stage),
            Gates = GatesReader.Read(stage.Map("gates", "a mapping with 'evidence'"), problems),
            Backup = Backup(stage.Map("backup", "a mapping with 'before' and 'store'")),
            Cloud = new CloudReader(problems).Read(stage),
            Configuration = ConfigurationReader.Read(stage.Map("configuration", "a mapping with 'take' and 'set'"), problems),
            Migrations = Migrations(stage.Map("migrations", "a mapping with 'lockTimeout', 'statementTimeout', 'retries' and 'contract'")),
        };
    }

    private static WrittenMigrations? Migrations(MapReader? migrations) =>
        migrations is null
            ? null
            : new WrittenMigrations
            {
                LockTimeout = migrations.Span("lockTimeout"),
                StatementTimeout = migrations.Span("statementTimeout"),
                Retries = migrations.Number("retries", 0, 100),
                Contract = migrations.Choice("contract", s_contract),
            };

    private static WrittenWeb? Web(MapReader? web)
    {
        web?.Require("bundle", "the folder of the built web bundle");
        return web is null
            ? null
            : new WrittenWeb { Bundle = web.Text("bundle", "the folder of the built web bundle"), Keep = web.Number("keep", 1, 100) };
    }

    private WrittenHealth? Health(MapReader parent)
    {
        if (parent.Map("health", "a mapping with 'timeout', 'passes', 'window', 'onInconclusive', 'pause' and 'endpoints'") is not { } health)
        {
            return null;
        }

        IReadOnlyList<MapReader> endpoints = health.Maps("endpoints", "a list of endpoints");
        return new WrittenHealth
        {
            Timeout = health.Span("timeout"),
            Passes = health.Number("passes", 1, 100),
            Window = health.Span("window"),
            OnInconclusive = health.Choice("onInconclusive", s_inconclusive),
            Pause = health.Span("pause"),
            Endpoints = [.. endpoints.Select(Endpoint)],
        };
    }

    private WrittenEndpoint Endpoint(MapReader endpoint)
    {
        endpoint.Require("name", "the name shown in results");
        endpoint.Require("url", HealthUrl.Expected);
        Written<string>? url = problems.Public(endpoint.Text("url", HealthUrl.Expected));
        if (url is not null && !Reference.IsIn(url.Value) && HealthUrl.Problem(url.Value) is { } problem)
        {
            problems.Error(url.Path, url.Line, problem);
        }

        Written<string>? name = endpoint.Text("name", "the name shown in results");
        if (name is not null && s_ownChecks.Contains(name.Value))
        {
            problems.Error(name.Path, name.Line, $"'{name.Value}' is a check that every environment has; expected another name than {Suggestion.OneOf(s_ownChecks)}.");
        }

        return new WrittenEndpoint
        {
            Name = name,
            Url = url,
            Status = endpoint.Number("status", 100, 599),
            Body = endpoint.Text("body", "a regular expression", IsRegularExpression),
            Latency = endpoint.Span("latency"),
        };
    }

    private WrittenBackup? Backup(MapReader? backup)
    {
        if (backup is null)
        {
            return null;
        }

        Written<string>? store = problems.Public(backup.Text("store", "a folder"));
        if (store is not null && store.Value.Contains("://", StringComparison.Ordinal))
        {
            problems.Error(store.Path, store.Line, $"'{store.Value}' is not a folder; this version keeps backups in folders only.");
        }

        MapReader? keep = backup.Map("keep", "a mapping with 'daily', 'weekly' and 'monthly'");
        if (keep is not null)
        {
            problems.Warning(keep.Path, keep.Line, "no command of this version removes backups: all of them are kept.");
        }

        return new WrittenBackup
        {
            Before = backup.Flag("before"),
            Store = store,
            Daily = keep?.Number("daily", 0, int.MaxValue),
            Weekly = keep?.Number("weekly", 0, int.MaxValue),
            Monthly = keep?.Number("monthly", 0, int.MaxValue),
            HasKeep = keep is not null,
        };
    }

    private static bool IsApplicationName(string text) =>
        text.Length <= 63 && char.IsAsciiLetter(text[0]) && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');

    // A stage's name is also the name of a folder and of a file, and part of a database lock's reason.
    private static bool IsStageName(string text) =>
        text.Length <= 63 && char.IsAsciiLetterLower(text[0]) && text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');

    private static bool IsRegularExpression(string text)
    {
        try
        {
            _ = new Regex(text);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
