using System.Text.Json;
using Npgsql;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Postgres.Catalog;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>What a project has beside its schema, each thing as one text. No value of a secret is in it.</summary>
internal static class CloudFacts
{
    private const string Set = "set";

    /// <summary>By kind and name.</summary>
    public static async Task<IReadOnlyDictionary<CatalogKey, string>> ReadAsync(SupabaseCloudTarget target, CancellationToken cancellationToken)
    {
        var facts = new Dictionary<CatalogKey, string>();
        CloudProject project = await target.GetActiveProjectAsync(cancellationToken).ConfigureAwait(false);
        Add(CatalogKind.ServerVersion, "PostgreSQL", project.Database.Version);
        foreach (AppliedVersion applied in await HistoryAsync(target, cancellationToken).ConfigureAwait(false))
        {
            Add(CatalogKind.Migration, applied.Version, applied.Version);
        }

        IReadOnlyList<CloudFunction> functions = await target.Api.ListFunctionsAsync(cancellationToken).ConfigureAwait(false);
        foreach (DeployedFunction function in await target.Functions.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            CloudFunction? active = functions.FirstOrDefault(each => each.Slug == function.Slug);
            // What no release brought has no digest of its files: then that of its bundle says whether two are the same.
            string origin = function.Digest is { } digest ? $"digest {digest}" : active?.EzbrSha256 is { } bundle ? $"of no release, bundle {bundle}" : "of no release";
            Add(CatalogKind.EdgeFunction, function.Slug, $"verify_jwt {(active?.VerifyJwt == false ? "false" : "true")}, {origin}");
        }

        foreach (CloudService service in CloudService.All)
        {
            foreach ((string field, JsonElement value) in await target.Api.GetSettingsAsync(service, cancellationToken).ConfigureAwait(false))
            {
                Add(CatalogKind.Setting, $"{service.Name}.{field}", Shown(field, value));
            }
        }

        foreach (CloudSecret secret in await target.Api.ListSecretsAsync(cancellationToken).ConfigureAwait(false))
        {
            Add(CatalogKind.Secret, secret.Name, Set);
        }

        foreach (CloudApiKey key in await target.Api.ListApiKeysAsync(isRevealed: false, cancellationToken).ConfigureAwait(false))
        {
            Add(CatalogKind.ApiKey, $"{key.Type ?? "unknown"} {key.Name}", key.Type ?? "unknown");
        }

        return facts;

        void Add(CatalogKind kind, string name, string text) => facts[new CatalogKey(kind, "", name)] = text;
    }

    private static async Task<IReadOnlyList<AppliedVersion>> HistoryAsync(SupabaseCloudTarget target, CancellationToken cancellationToken)
    {
        DatabaseAddress database = await target.GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        NpgsqlConnection connection = await database.OpenAsync(cancellationToken, "supabase-deploy compare").ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await MigrationHistory.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string Shown(string field, JsonElement value) =>
        DeclaredSetting.IsSecretKey(field) ? value.ValueKind is JsonValueKind.Null || value.ToString().Length == 0 ? "null" : Set : value.GetRawText();
}
