using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.LocalStack;

/// <summary>A command that works on the stacks of local environments, several at a time.</summary>
public abstract class LocalStackCmdlet : ProjectCmdlet
{
    /// <summary>Names, wildcards or objects that belong to an environment. A wildcard stands for the local environments it matches.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [EnvironmentTransformation]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public EnvironmentReference[]? Environment { get; set; }

    /// <summary>How many stacks are worked on at the same time.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = 5;

    /// <summary>The local stacks of this machine.</summary>
    private protected LocalStacks Stacks { get; } = new();

    /// <summary>The environments of this input object; with none given, those that <paramref name="others"/> chooses from the pipeline's stages.</summary>
    private protected IReadOnlyList<DeploymentEnvironment> LocalEnvironments(Func<DeploymentPipeline, IReadOnlyList<string>> others)
    {
        IEnumerable<EnvironmentReference> references = Environment is null
            ? Named(others(DeploymentPipeline.Load(CurrentProject)))
            : Environment.SelectMany(LocalStagesOf);
        IReadOnlyList<DeploymentEnvironment> environments = Resolve(references);
        foreach (DeploymentEnvironment environment in environments)
        {
            LocalStacks.EnsureLocal(environment);
        }

        return environments;
    }

    /// <summary>Works on several stacks at a time and writes them in promotion order. One that fails does not keep the others from being written.</summary>
    private protected async Task WriteEachAsync<T>(
        IReadOnlyList<DeploymentEnvironment> environments, Func<DeploymentEnvironment, Task<T>> work, CancellationToken cancellationToken)
        where T : notnull
    {
        using var throttle = new SemaphoreSlim(ThrottleLimit);
        Task<T>[] all = [.. environments.Select(environment => ThrottledAsync(throttle, environment, work, cancellationToken))];
        await ((Task)Task.WhenAll(all)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (Task<T> succeeded in all.Where(task => task.IsCompletedSuccessfully))
        {
            Write(await succeeded.ConfigureAwait(false));
        }

        // The first failure ends the command; the others would be lost with it.
        foreach (DeployException failure in all.Where(task => task.IsFaulted).Skip(1).Select(task => task.Exception!.InnerException).OfType<DeployException>())
        {
            WriteFailure(failure);
        }

        await Task.WhenAll(all).ConfigureAwait(false);
    }

    /// <summary>The environment and its host, as questions name them.</summary>
    private protected static string Describe(DeploymentEnvironment environment) =>
        $"{environment.Name} ({new DeploymentTargets().For(environment).Host})";

    private static async Task<T> ThrottledAsync<T>(
        SemaphoreSlim throttle, DeploymentEnvironment environment, Func<DeploymentEnvironment, Task<T>> work, CancellationToken cancellationToken)
    {
        await throttle.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await work(environment).ConfigureAwait(false);
        }
        finally
        {
            throttle.Release();
        }
    }

    /// <summary>A wildcard passes over stages that live elsewhere (and whose variables may not be set here); a name does not.</summary>
    private IEnumerable<EnvironmentReference> LocalStagesOf(EnvironmentReference reference)
    {
        if (reference.Environment is not null || !WildcardPattern.ContainsWildcardCharacters(reference.Name))
        {
            return [reference];
        }

        var pattern = new WildcardPattern(reference.Name, WildcardOptions.IgnoreCase);
        List<string> matching = [.. DeploymentPipeline.Load(CurrentProject).StagesOf(TargetKind.Local).Where(pattern.IsMatch)];
        return matching.Count > 0 ? Named(matching) : [reference];
    }

    private static IEnumerable<EnvironmentReference> Named(IEnumerable<string> names) => names.Select(name => EnvironmentReference.From(name)!);
}
