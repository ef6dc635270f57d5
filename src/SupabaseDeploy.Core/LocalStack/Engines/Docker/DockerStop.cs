namespace SupabaseDeploy.LocalStack;

/// <summary>Stops the containers of a stack.</summary>
internal static class DockerStop
{
    /// <summary>In the reverse order of their start; those that do not depend on each other together.</summary>
    public static async Task RunAsync(DockerThings things, CancellationToken cancellationToken)
    {
        IReadOnlyList<FoundContainer> found = await things.ListAsync(cancellationToken).ConfigureAwait(false);
        foreach (IGrouping<int, FoundContainer> together in found.GroupBy(container => DockerCatalog.StopOrder(container.Service)).OrderBy(group => group.Key))
        {
            await Task.WhenAll(together.Select(container => things.StopAsync(container, cancellationToken))).ConfigureAwait(false);
        }
    }
}
