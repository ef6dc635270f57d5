using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// The stacks that were started on this machine, of every project: a small file for each in the user's cache folder. It only says where to
/// look; what runs is asked, and a project that is gone is forgotten.
/// </summary>
public sealed class StackRegistry
{
    private readonly string _folder;

    /// <summary>Creates nothing on disk.</summary>
    /// <param name="folders">Null for the folders of this machine.</param>
    public StackRegistry(StateFolders? folders = null) => _folder = Path.Combine((folders ?? StateFolders.OfThisMachine()).Cache, "stacks");

    /// <summary>The environments whose stacks were started and not removed, by project and name.</summary>
    public IReadOnlyList<DeploymentEnvironment> List()
    {
        if (!Directory.Exists(_folder))
        {
            return [];
        }

        return
        [
            .. Directory.EnumerateFiles(_folder, "*.json")
                .Select(FindOrForget)
                .OfType<RegisteredStack>()
                .OrderBy(stack => stack.Project, StringComparer.Ordinal)
                .ThenBy(stack => stack.Environment, StringComparer.Ordinal)
                .Select(Resolve),
        ];
    }

    /// <summary>The stacks of <see cref="List"/> that are none of these.</summary>
    public IReadOnlyList<DeploymentEnvironment> Beside(IReadOnlyList<DeploymentEnvironment> environments)
    {
        HashSet<RegisteredStack> known = [.. environments.Select(Of)];
        return [.. List().Where(environment => !known.Contains(Of(environment)))];
    }

    /// <summary>Remembers a stack.</summary>
    internal async Task AddAsync(DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        RegisteredStack stack = Of(environment);
        string file = FileOf(stack);
        if (!File.Exists(file))
        {
            await AtomicFile.WriteAllTextAsync(file, JsonSerializer.Serialize(stack, RegisteredStackJson.Default.RegisteredStack) + "\n", null, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Forgets a stack.</summary>
    internal void Remove(DeploymentEnvironment environment)
    {
        if (Directory.Exists(_folder))
        {
            File.Delete(FileOf(Of(environment)));
        }
    }

    private static RegisteredStack Of(DeploymentEnvironment environment) => new(RealPath.Of(environment.Project.Root), environment.Name);

    private string FileOf(RegisteredStack stack) =>
        Path.Combine(_folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{stack.Project}\n{stack.Environment}")))[..24] + ".json");

    private static RegisteredStack? FindOrForget(string file)
    {
        try
        {
            RegisteredStack? stack = JsonSerializer.Deserialize(File.ReadAllText(file), RegisteredStackJson.Default.RegisteredStack);
            if (stack is not null && File.Exists(new StackFolder(new ProjectFolder(stack.Project).EnvironmentFolder(stack.Environment)).StackFile))
            {
                return stack;
            }

            File.Delete(file);
        }
        catch (JsonException)
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is FileNotFoundException or UnauthorizedAccessException)
        {
            // Another command forgot it in this moment, or it is another user's.
        }

        return null;
    }

    /// <summary>As its project declares it; where that cannot be read now, as far as a stack needs it.</summary>
    private static DeploymentEnvironment Resolve(RegisteredStack stack)
    {
        var project = new ProjectFolder(stack.Project);
        try
        {
            if (DeploymentPipeline.Load(project).TryResolve(stack.Environment, out DeploymentEnvironment? declared, out _) && declared.Target == TargetKind.Local)
            {
                return declared;
            }
        }
        catch (DeployException)
        {
            // Somebody is at work on that project's files: its stack is shown all the same.
        }

        return new DeploymentEnvironment
        {
            Name = stack.Environment,
            Target = TargetKind.Local,
            Application = Path.GetFileName(project.Root),
            Project = project,
            MigrationsFolder = project.MigrationsFolder,
        };
    }
}

internal sealed record RegisteredStack(string Project, string Environment);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RegisteredStack))]
internal sealed partial class RegisteredStackJson : JsonSerializerContext;
