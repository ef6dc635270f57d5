using System.Text.RegularExpressions;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>What the services of a stack are given and a log is not to show: <c>console.log(Deno.env.toObject())</c> writes all of it.</summary>
internal static partial class StackSecrets
{
    // A shorter text is no secret, and hiding it would make holes in every line.
    private const int ShortestOfProject = 6;

    /// <summary>Keys, passwords, and the secrets of <c>config.toml</c> and of the functions' <c>.env</c>.</summary>
    /// <exception cref="DeployException">
    /// <see cref="ErrorTable.LocalKeysUnreadable"/>, <see cref="ErrorTable.InvalidSupabaseConfiguration"/> or <see cref="ErrorTable.ClusterDamaged"/>: it
    /// is not known what to hide.
    /// </exception>
    public static IReadOnlyList<Secret> Of(DeploymentEnvironment environment)
    {
        StackFolder folder = StackFolder.Of(environment);
        return [.. OfStack(folder), .. OfProject(environment.Project).Where(value => value.Length >= ShortestOfProject).Select(value => new Secret(value))];
    }

    private static IEnumerable<Secret> OfStack(StackFolder folder)
    {
        if (LocalKeys.Read(folder.KeysFile) is { } keys)
        {
            Secret[] own = [keys.JwtSecret, keys.SecretKey, keys.ServicePassword, keys.ServiceRoleKey, keys.DerivedSecret];
            foreach (Secret secret in own)
            {
                yield return secret;
            }
        }

        if (new ClusterFiles(folder.Root).ReadPasswords() is { } passwords)
        {
            yield return new Secret(passwords.Postgres);
            yield return new Secret(passwords.SupabaseAdmin);
        }
    }

    private static IEnumerable<string> OfProject(ProjectFolder project)
    {
        SupabaseConfiguration configuration = SupabaseConfiguration.Load(project);
        IEnumerable<string> tables = ((string[])["edge_runtime.secrets", "db.vault"])
            .SelectMany(table => ProjectContent.Secrets(configuration, table).Values.Select(secret => secret.Reveal()));
        IEnumerable<string> keys = configuration.Keys.Where(key => SecretKey().IsMatch(key)).Select(key => configuration.Scalar(key) ?? "");
        string file = Path.Combine(project.Root, "supabase", "functions", ".env");
        return
        [
            .. tables, .. keys,
            .. File.Exists(file) ? ProjectVariables.Parse(File.ReadAllText(file), file).Where(variable => SecretName().IsMatch(variable.Key)).Select(variable => variable.Value) : [],
        ];
    }

    [GeneratedRegex(@"^auth\..*\.(secrets?|pass|auth_token|access_key|api_key|api_secret)$")]
    private static partial Regex SecretKey();

    [GeneratedRegex("KEY|SECRET|TOKEN|PASS|CREDENTIAL|DSN", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretName();
}
