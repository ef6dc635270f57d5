using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets;

/// <summary>
/// The edge functions of a place. A deployment works out a <see cref="FunctionChange"/> from <see cref="ListAsync"/>, brings it about with
/// <see cref="ApplyAsync"/>, lists again to verify, and goes back with <see cref="GoBackAsync"/>. Each call may be repeated after a crash.
/// </summary>
public interface IPlaceFunctions
{
    /// <summary>The functions that answer now, by slug in ordinal order; also those that no release brought.</summary>
    Task<IReadOnlyList<DeployedFunction>> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Keeps what it is going to replace or remove, brings every function of the change, and only then switches all of them at once, as far
    /// as the place can. A failure before the switch leaves every function as it was.
    /// </summary>
    /// <param name="change">What is to change. An empty one does nothing.</param>
    /// <param name="deployment">
    /// The deployment this is part of: what it replaces is kept under this id. What was kept under it before (by a run that died) stays as it is.
    /// </param>
    /// <param name="sink">Told what is done.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.DeployException">A function cannot be bundled, sent or activated, named by its slug.</exception>
    Task ApplyAsync(FunctionChange change, Guid deployment, IProgressSink sink, CancellationToken cancellationToken);

    /// <summary>
    /// Puts back what <paramref name="deployment"/> kept, and removes what it added. Does nothing when it kept nothing, so that it
    /// can be called for a deployment that died before it came to its functions.
    /// </summary>
    /// <returns>The slugs that were put back or removed.</returns>
    Task<IReadOnlyList<string>> GoBackAsync(Guid deployment, IProgressSink sink, CancellationToken cancellationToken);
}

/// <summary>A function that a place runs.</summary>
/// <param name="Slug">Its name in the URL.</param>
/// <param name="Digest">
/// Digest that the function has in the release that brought it; null when that is not known, as for a function that another program
/// deployed, or changed since.
/// </param>
public sealed record DeployedFunction(string Slug, string? Digest);

/// <summary>What a deployment changes about functions.</summary>
/// <param name="Release">The release whose functions they are.</param>
/// <param name="Deploy">Slugs that are new or changed, in ordinal order.</param>
/// <param name="Remove">Slugs that an earlier release brought and this one does not have. Functions that no release brought are left alone.</param>
public sealed record FunctionChange(Release Release, IReadOnlyList<string> Deploy, IReadOnlyList<string> Remove)
{
    /// <summary>True when there is nothing to change.</summary>
    public bool IsEmpty => Deploy.Count == 0 && Remove.Count == 0;
}
