using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class AppliedCopiesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Each deployment is <c>number: version status</c>; <c>preflight</c> came no further, <c>over</c> undid what the first had left.</summary>
    [Theory]
    [InlineData("1: 002 Failed preflight, 2: 002 Succeeded", "002", 2)]
    [InlineData("1: 002 RolledBack, 2: 002 Succeeded", "002", 2)]
    [InlineData("1: 002 Succeeded, 2: 002 Succeeded, 3: 003 Succeeded", "002 003", 2)]
    [InlineData("1: 002 Interrupted, 2: 003 Succeeded", "002 003", 1)]
    [InlineData("1: 002 Interrupted, 2: 002 Succeeded over", "002", 1)]
    [InlineData("1: 002 Interrupted preflight, 2: 002 Succeeded over", "002", 2)]
    [InlineData("1: 002 RolledBack", "002", null)]
    [InlineData("1: 003 Succeeded", "002 003", null)]
    public void What_has_to_be_gone_back_behind_is_the_first_deployment_that_brought_one_of_them_for_good(string history, string versions, int? expected)
    {
        _folder.Write("env/pipeline.yml", "application: courses\nstages: [{ name: staging, target: local }]\n");
        _folder.Write("env/staging.json", "{}");
        DeploymentEnvironment environment = DeploymentPipeline.Load(new ProjectFolder(_folder.Path)).Resolve("staging")[0];
        var deployments = new List<Deployment>();
        foreach (string line in history.Split(", "))
        {
            deployments.Add(Read(line.Split(' '), environment, deployments));
        }

        var observed = new ObservedState
        {
            History = versions.Split(' '),
            HasWebRoot = false,
            ServedRelease = null,
            Deployments = deployments,
            HealthyReleases = new HashSet<string>(),
        };

        Assert.Equal(expected, new AppliedCopies(observed).FirstThatApplied(versions.Split(' '))?.Number);
    }

    private static Deployment Read(string[] words, DeploymentEnvironment environment, List<Deployment> before)
    {
        bool isOver = words.Contains("over");
        string[] steps = words.Contains("preflight") ? [StepName.Lock, StepName.Preflight] : [StepName.Lock, StepName.Preflight, StepName.Migrate];
        return new Deployment
        {
            Id = Guid.NewGuid(),
            Number = before.Count + 1,
            Environment = environment,
            Release = null,
            PreviousRelease = null,
            Kind = DeploymentKind.Publish,
            Status = Enum.Parse<DeploymentStatus>(words[2]),
            Changed = steps.Contains(StepName.Migrate),
            RequestedBy = "ann",
            StartedAt = DateTimeOffset.UnixEpoch,
            Plan = new DeploymentPlan
            {
                Environment = environment,
                Kind = DeploymentKind.Publish,
                Release = null,
                PreviousRelease = null,
                Steps = [],
                Rollback = new RollbackPlan(RollbackStrategy.None, "", ""),
                Apply = [words[1]],
                Undo = isOver ? [words[1]] : [],
                TakesOver = isOver ? [before[0].Id] : [],
            },
            Steps = [.. steps.Select(name => new DeploymentStep(name, StepStatus.Succeeded, DateTimeOffset.UnixEpoch, TimeSpan.Zero, null))],
        };
    }
}
