using SupabaseDeploy.Backups;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Shell.Binding;

namespace SupabaseDeploy.Shell.Backup;

/// <summary>Which backups were meant: those that were piped in, and one of each environment that was named.</summary>
internal static class BackupSelection
{
    /// <summary>The backups, in the order given.</summary>
    /// <param name="references">What was bound to the environment parameter; null for nothing.</param>
    /// <param name="idOrLatest">The backup of environments that were named.</param>
    /// <param name="resolve">Resolves what is no backup itself; called with null when nothing was bound.</param>
    /// <exception cref="Errors.DeployException">No such environment or backup.</exception>
    public static IReadOnlyList<DeploymentBackup> Of(
        EnvironmentReference[]? references, string idOrLatest, Func<EnvironmentReference[]?, IReadOnlyList<DeploymentEnvironment>> resolve)
    {
        if (references is null)
        {
            return Find(resolve(null), idOrLatest);
        }

        return [.. references.SelectMany(reference => reference.Source is DeploymentBackup backup ? [backup] : Find(resolve([reference]), idOrLatest))];
    }

    private static IReadOnlyList<DeploymentBackup> Find(IReadOnlyList<DeploymentEnvironment> environments, string idOrLatest) =>
        [.. environments.Select(environment => new BackupStore(environment).Find(idOrLatest))];
}
