namespace SupabaseDeploy.Migrations.Rules;

/// <summary>A rule that is broken, before it has a file and a line.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Object">What it is about.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Remedy">What to do.</param>
internal sealed record Breach(MigrationRule Rule, string Object, string Message, string Remedy)
{
    /// <summary>Where it is written, when that is inside of the change that was checked.</summary>
    public int? Offset { get; init; }
}
