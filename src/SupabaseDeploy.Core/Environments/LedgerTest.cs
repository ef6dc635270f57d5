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
                await ledger.GetEvidenceAsync(limited.Token).ConfigureAwait(false);
                await ledger.GetDeploymentsAsync(limited.Token).ConfigureAwait(false);
            }

            return null;
        }
        catch (DeployException e) when (e.Code == ErrorTable.LedgerBroken)
        {
            return new EnvironmentTest
            {
                Environment = environment.Name, Severity = ConfigurationSeverity.Error, File = "ledger", Path = "supabase_deploy", Line = 0, Message = $"{e.Message} {e.Remedy}",
            };
        }
        catch (Exception e) when (e is DeployException or Npgsql.NpgsqlException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null; // Whether it can be reached is not what is tested here.
        }
    }

    // Without a database of its own a hosted project is asked for a login, which is more than a test may do.
    private static async Task<DatabaseAddress?> FindDatabaseAsync(DeploymentEnvironment environment, IDeploymentTargets targets, CancellationToken cancellationToken) =>
        environment.Target == TargetKind.Local ? await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false) : environment.Database;
}
