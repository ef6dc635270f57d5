namespace SupabaseDeploy.Migrations.Rules;

/// <summary>How much a finding of a rule matters, in order.</summary>
public enum RuleSeverity
{
    /// <summary>Good to know; nothing needs to be done.</summary>
    Info,

    /// <summary>A habit that costs little to avoid now and more to change later.</summary>
    Low,

    /// <summary>Slow, blocking or broken under conditions that production will meet.</summary>
    Medium,

    /// <summary>Data lost or open to others, or an outage.</summary>
    High,
}

/// <summary>A rule for migrations: what running them does not show.</summary>
/// <param name="Id">Its stable name, in lower case with hyphens; used to silence it and as the name of its page.</param>
/// <param name="Severity">How much a finding matters.</param>
/// <param name="Title">What it finds, in a few words.</param>
public sealed record MigrationRule(string Id, RuleSeverity Severity, string Title)
{
    /// <summary>Its documentation, relative to the repository: <c>docs/rules/rls-disabled.md</c>.</summary>
    public string Page => $"docs/rules/{Id}.md";

    /// <inheritdoc/>
    public override string ToString() => Id;
}
