using System.Globalization;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// The volumes of the database's data. A reset makes a new one with a higher number, and it counts from the moment that the database's
/// container is made with it; of two without a container the older one does.
/// </summary>
internal static class DockerVolumes
{
    /// <summary>The volume that has the stack's data, or shall have it.</summary>
    public static async Task<string> FindDataAsync(DockerThings things, IReadOnlyList<FoundContainer> found, CancellationToken cancellationToken)
    {
        if (Mounted(found) is { } mounted)
        {
            return mounted;
        }

        IEnumerable<string> kept = await ListAsync(things, cancellationToken).ConfigureAwait(false);
        return kept.OrderBy(volume => NumberOf(things.Names, volume)).FirstOrDefault() ?? things.Names.Volume(DockerCatalog.DataVolume);
    }

    /// <summary>A name for new data that no volume has.</summary>
    public static async Task<string> NextAsync(DockerThings things, CancellationToken cancellationToken)
    {
        IEnumerable<string> known = await ListAsync(things, cancellationToken).ConfigureAwait(false);
        int last = known.Select(volume => NumberOf(things.Names, volume)).DefaultIfEmpty(0).Max();
        return $"{Prefix(things.Names)}-{(last + 1).ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>Removes the data that a reset replaced, or did not finish.</summary>
    public static async Task RemoveLeftAsync(DockerThings things, string current, IProgressSink sink, CancellationToken cancellationToken)
    {
        foreach (string volume in (await ListAsync(things, cancellationToken).ConfigureAwait(false)).Where(volume => volume != current))
        {
            sink.Publish(new Detail($"Removing volume '{volume}', which a reset left."));
            await things.RemoveVolumeAsync(volume, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Removes the data that a reset left, as soon as the database's container tells which it is: without that container, the older one counts.
    /// </summary>
    public static Task RemoveOldAsync(DockerThings things, IReadOnlyList<FoundContainer> found, IProgressSink sink, CancellationToken cancellationToken) =>
        Mounted(found) is { } mounted ? RemoveLeftAsync(things, mounted, sink, cancellationToken) : Task.CompletedTask;

    private static string? Mounted(IReadOnlyList<FoundContainer> found) =>
        found.FirstOrDefault(container => container.Service == DockerCatalog.Database)?.Volumes.GetValueOrDefault(DockerCatalog.DataFolder);

    private static async Task<IEnumerable<string>> ListAsync(DockerThings things, CancellationToken cancellationToken)
    {
        string prefix = Prefix(things.Names);
        return (await things.ListVolumesAsync(cancellationToken).ConfigureAwait(false)).Where(volume => volume == prefix || volume.StartsWith(prefix + "-", StringComparison.Ordinal));
    }

    private static int NumberOf(DockerNames names, string volume) =>
        volume.Length > Prefix(names).Length && int.TryParse(volume.AsSpan(Prefix(names).Length + 1), CultureInfo.InvariantCulture, out int number) ? number : 0;

    private static string Prefix(DockerNames names) => names.Volume(DockerCatalog.DataVolume);
}
