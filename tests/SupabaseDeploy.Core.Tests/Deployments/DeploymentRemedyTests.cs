using Npgsql;
using SupabaseDeploy.Core.Tests.Health;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class DeploymentRemedyTests
{
    [Fact]
    public void A_down_script_of_a_stored_release_is_not_to_be_corrected_and_the_other_ways_back_are_named()
    {
        Release release = Sample.Release(hasWeb: false);
        var plan = new DeploymentPlan
        {
            Environment = Sample.Environment(),
            Kind = DeploymentKind.Rollback,
            Release = release,
            PreviousRelease = null,
            Steps = [],
            Gates = [],
            Rollback = new RollbackPlan(RollbackStrategy.None, "", ""),
            Ways =
            [
                new RollbackWay(RollbackStrategy.DownScripts, "", "", null),
                new RollbackWay(RollbackStrategy.RestorePoint, "", "", "none was made") { RestorePoint = "7" },
                new RollbackWay(RollbackStrategy.Backup, "", "", null) { BackupId = "20261123" },
            ],
        };
        var deployment = new Deployment
        {
            Id = Guid.NewGuid(),
            Environment = plan.Environment,
            Release = release,
            PreviousRelease = null,
            Kind = DeploymentKind.Rollback,
            Status = DeploymentStatus.Failed,
            RequestedBy = "ann",
            StartedAt = DateTimeOffset.UnixEpoch,
            Plan = plan,
            Steps = [],
            Failure = new DeployException(
                ErrorTable.MigrationFailed, "'002_x.sql' failed", ScriptFailure.CorrectTheFile, null, new PostgresException("in use", "ERROR", "ERROR", PostgresErrorCodes.DependentObjectsStillExist)),
        };

        Assert.Equal(
            $"Take away what stands in the way of the down script, and run it again: Restore-Deployment staging -Release {release}; or restore the backup: Restore-Deployment staging -Backup 20261123.",
            DeploymentRemedy.Of(deployment));
    }
}
