namespace SupabaseDeploy.Migrations.Rules.Reading;

/// <summary>A row-level security policy; what a statement leaves out is null.</summary>
internal sealed record PolicyDefinition(string Name)
{
    /// <summary><c>all</c>, <c>select</c>, <c>insert</c>, <c>update</c> or <c>delete</c>.</summary>
    public string Command { get; init; } = "all";

    public bool IsPermissive { get; init; } = true;

    /// <summary>Role names; <c>public</c> for everybody.</summary>
    public IReadOnlyList<string>? Roles { get; init; }

    /// <summary>The inside of <c>USING (…)</c>.</summary>
    public string? Using { get; init; }

    /// <summary>The inside of <c>WITH CHECK (…)</c>.</summary>
    public string? Check { get; init; }

    public PolicyDefinition With(PolicyDefinition change) =>
        this with { Roles = change.Roles ?? Roles, Using = change.Using ?? Using, Check = change.Check ?? Check };
}
