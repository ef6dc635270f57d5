using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Environments;

/// <summary>Whether what an environment's gates read can be believed.</summary>
internal static class LedgerTest
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(3);

    /// <summary>What is broken; null when nothing is, or the database does not answer in time.</summary>
    public static async Task<EnvironmentTest?> FindBrokenAsync(DeploymentEnvironment environment, IDeploymentTargets targets, CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(s_limit);
        try
        {
            if (await FindDatabaseAsync(environment, targets, limited.Token).ConfigureAwait(false) is { } database)
            {
                var ledger = new Ledger(environment, database with { ConnectTimeout = s_limit });
                return await ledger.FindBreakAsync(limited.Token).ConfigureAwait(false) is { } broken ? Describe(environment, broken) : null;
            }

            return null;
        }
        catch (Exception e) when (e is DeployException or Npgsql.NpgsqlException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null; // Whether it can be reached is not what is tested here.
        }
    }

    private static EnvironmentTest Describe(DeploymentEnvironment environment, DeployException broken) => new()
    {
        Environment = environment.Name, Severity = ConfigurationSeverity.Error, File = "ledger", Path = "supabase_deploy", Line = 0, Message = $"{broken.Message} {broken.Remedy}",
    };

    // Without a database of its own a hosted project is asked for a login, which is more than a test may do.
    private static async Task<DatabaseAddress?> FindDatabaseAsync(DeploymentEnvironment environment, IDeploymentTargets targets, CancellationToken cancellationToken) =>
        environment.Target == TargetKind.Local ? await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false) : environment.Database;
}
