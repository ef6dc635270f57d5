using System.Security.Cryptography;
using System.Text;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// The names and labels of one stack's things in Docker. They follow from the project's real path, so that the stack is found again
/// whatever became of the files of the project, and a copy of the project is another stack.
/// </summary>
/// <param name="Stack">The stack's name, a prefix of all others.</param>
/// <param name="Project">The project's folder.</param>
/// <param name="Environment">The environment's name.</param>
internal sealed record DockerNames(string Stack, string Project, string Environment)
{
    public const string StackLabel = "supabase-deploy.stack";
    public const string ProjectLabel = "supabase-deploy.project";
    public const string EnvironmentLabel = "supabase-deploy.environment";
    public const string ServiceLabel = "supabase-deploy.service";
    public const string DefinitionLabel = "supabase-deploy.definition";
    public const string PortLabel = "supabase-deploy.port";
    public const string OptionalLabel = "supabase-deploy.optional";

    private const int LongestName = 20;

    public static DockerNames Of(DeploymentEnvironment environment)
    {
        string project = RealPath.Of(environment.Project.Root);
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{project}\0{environment.Name}")))[..8];
        return new DockerNames($"supabase-{Plain(Path.GetFileName(project))}-{Plain(environment.Name)}-{digest}", project, environment.Name);
    }

    /// <summary>The stack whose volumes are shared: this one, or the one that it is made beside.</summary>
    public string Owner
    {
        get => field ?? Stack;
        private init;
    }

    /// <summary>A second stack beside this one, for as long as its database is made anew.</summary>
    public DockerNames Beside() => this with { Stack = Stack + "-new", Owner = Stack };

    public string Network => Stack;

    public string Container(string service) => $"{Stack}-{service}";

    public string Volume(string volume) => $"{Stack}-{volume}";

    /// <summary>A volume that a stack and one that is made beside it both use.</summary>
    public string SharedVolume(string volume) => $"{Owner}-{volume}";

    /// <summary>What everything of the stack is labelled with.</summary>
    public Dictionary<string, string> Labels() => new()
    {
        [StackLabel] = Stack,
        [ProjectLabel] = Project,
        [EnvironmentLabel] = Environment,
    };

    /// <summary>Finds what has the stack's label.</summary>
    public Dictionary<string, IDictionary<string, bool>> Filter() =>
        new() { ["label"] = new Dictionary<string, bool> { [$"{StackLabel}={Stack}"] = true } };

    // Docker's names have letters, digits, '_', '.' and '-'.
    private static string Plain(string text)
    {
        string plain = string.Concat(text.ToLowerInvariant().Select(character => char.IsAsciiLetterOrDigit(character) ? character : '-')).Trim('-');
        return plain.Length > LongestName ? plain[..LongestName].Trim('-') : plain.Length == 0 ? "project" : plain;
    }
}
