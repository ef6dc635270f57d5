using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Migrations.Rules;

/// <summary>A file to check.</summary>
/// <param name="Path">Its path, as findings shall name it.</param>
/// <param name="Text">Its text, without a byte order mark.</param>
public sealed record RuleFile(string Path, string Text);

/// <summary>What the rules need to know about the project.</summary>
public sealed record RuleOptions
{
    /// <summary>The schemas that the Data API serves: <c>[api] schemas</c> of <c>supabase/config.toml</c>.</summary>
    public IReadOnlyList<string> ApiSchemas { get; init; } = ["public", "graphql_public"];

    /// <summary>What the project's configuration says.</summary>
    /// <exception cref="Errors.DeployException">A value is of the wrong type.</exception>
    public static RuleOptions Of(SupabaseConfiguration configuration)
    {
        var usual = new RuleOptions();
        return configuration.Flag("api.enabled") == false ? usual with { ApiSchemas = [] } : usual with { ApiSchemas = configuration.Texts("api.schemas") ?? usual.ApiSchemas };
    }
}

/// <summary>One place where a migration breaks a rule.</summary>
public sealed record RuleFinding
{
    /// <summary>The rule.</summary>
    public required MigrationRule Rule { get; init; }

    /// <summary>The rule's id.</summary>
    public string RuleId => Rule.Id;

    /// <summary>How much it matters.</summary>
    public RuleSeverity Severity => Rule.Severity;

    /// <summary>The file, as it was given.</summary>
    public required string File { get; init; }

    /// <summary>Which statement of the file, from 0, as <see cref="Postgres.SqlSplitter"/> counts them, comments included.</summary>
    public required int Statement { get; init; }

    /// <summary>Line, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>Column in characters, from 1.</summary>
    public required int Column { get; init; }

    /// <summary>What it is about: <c>public.messages</c>, <c>public.messages.body</c>; empty for a statement as such.</summary>
    public required string Object { get; init; }

    /// <summary>What is wrong, with names.</summary>
    public required string Message { get; init; }

    /// <summary>What to do, starting with a verb, with the SQL to write.</summary>
    public required string Remedy { get; init; }

    /// <summary>The rule's documentation, relative to the repository.</summary>
    public string Page => Rule.Page;

    /// <summary><c>20261101_x.sql:3:1: High rls-disabled: …</c></summary>
    public override string ToString() => $"{File}:{Line}:{Column}: {Severity} {RuleId}: {Message}";
}
