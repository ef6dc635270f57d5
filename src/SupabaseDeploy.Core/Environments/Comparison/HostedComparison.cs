using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres.Catalog;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Targets.SupabaseCloud;

namespace SupabaseDeploy.Environments;

/// <summary>What two hosted projects have beside their schemas, held against each other.</summary>
internal static class HostedComparison
{
    /// <summary>The kinds of objects that only this compares.</summary>
    public static IReadOnlyList<CatalogKind> Kinds { get; } =
        [CatalogKind.Migration, CatalogKind.EdgeFunction, CatalogKind.Setting, CatalogKind.Secret, CatalogKind.ApiKey, CatalogKind.ServerVersion];

    /// <summary>One an object; empty unless both sides are hosted projects that may be asked.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    /// <param name="mustBeWhole">Whether it is an error when one may not be asked, instead of a warning.</param>
    /// <param name="sink">Is told what is not compared.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ApiTokenMissing"/>.</exception>
    public static async Task<IReadOnlyList<EnvironmentDifference>> RunAsync(
        SchemaSource left, SchemaSource right, bool mustBeWhole, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (left is not EnvironmentSchema { Environment.Target: TargetKind.SupabaseCloud } here || right is not EnvironmentSchema { Environment.Target: TargetKind.SupabaseCloud } there)
        {
            return [];
        }

        if (new[] { here, there }.FirstOrDefault(side => !ApiAccess.HasToken(side.Environment)) is { } closed)
        {
            string why = $"Only the schemas of {left} and {right} can be compared: there is no access token for functions, settings, secrets, keys and history of '{closed.Environment}'.";
            if (mustBeWhole)
            {
                throw new DeployException(
                    ErrorTable.ApiTokenMissing,
                    why,
                    $"Set {ApiAccess.TokenVariable}, or 'accessToken: ${{secret:NAME}}' of the stage; or name with '-Kind' what of the schemas is to be the same.",
                    closed.Environment.Name);
            }

            sink.Publish(new Caution($"{why} Set {ApiAccess.TokenVariable}."));
            return [];
        }

        IReadOnlyDictionary<CatalogKey, string>[] facts = await Task.WhenAll(
            CloudFacts.ReadAsync(TargetOf(here), cancellationToken), CloudFacts.ReadAsync(TargetOf(there), cancellationToken)).ConfigureAwait(false);
        return
        [
            .. facts[0].Keys.Union(facts[1].Keys)
                .Where(key => facts[0].GetValueOrDefault(key) != facts[1].GetValueOrDefault(key))
                .OrderBy(key => key.Kind).ThenBy(key => key.Name, StringComparer.Ordinal)
                .Select(key => Difference(left, right, key, facts[0].GetValueOrDefault(key), facts[1].GetValueOrDefault(key))),
        ];
    }

    private static SupabaseCloudTarget TargetOf(EnvironmentSchema source) => (SupabaseCloudTarget)source.Targets.For(source.Environment);

    private static EnvironmentDifference Difference(SchemaSource left, SchemaSource right, CatalogKey key, string? here, string? there) => new()
    {
        LeftName = left.Name,
        RightName = right.Name,
        Kind = key.Kind,
        Name = key.Name,
        Schema = "",
        Left = here,
        Right = there,
        Severity = SeverityOf(key, here, there),
        Sql = key.Kind switch
        {
            CatalogKind.Migration => $"select version, name from supabase_migrations.schema_migrations where version = '{key.Name.Replace("'", "''", StringComparison.Ordinal)}'",
            CatalogKind.ServerVersion => "select version()",
            _ => "",
        },
    };

    private static DifferenceSeverity SeverityOf(CatalogKey key, string? here, string? there) => key.Kind switch
    {
        CatalogKind.Migration or CatalogKind.Secret => DifferenceSeverity.High,
        CatalogKind.Setting => DangerousSettings.Reason(key.Name) is null ? DifferenceSeverity.Medium : DifferenceSeverity.High,
        CatalogKind.ServerVersion => here?.Split('.')[0] == there?.Split('.')[0] ? DifferenceSeverity.Low : DifferenceSeverity.Medium,
        CatalogKind.ApiKey => DifferenceSeverity.Low,
        _ => DifferenceSeverity.Medium,
    };
}
