using System.Collections.Concurrent;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Releases;

/// <summary>
/// The releases of projects for somebody who is typing: those on this machine at once, those of the store as far as it answers in time. What it answers
/// later is there the next time, and for a minute it is not asked again.
/// </summary>
public sealed class ReleaseChoices
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_kept = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    // Nobody is told anything while typing: the command says what is wrong.
    private static readonly Action<DeployException> s_leaveOut = static _ => { };

    private readonly ConcurrentDictionary<string, Listing> _listings = new(StringComparer.Ordinal);
    private readonly Func<ProjectFolder, ProjectReleases> _open;
    private readonly TimeProvider _time;

    /// <summary>Knows nothing yet.</summary>
    /// <param name="time">The clock; the system's when null.</param>
    public ReleaseChoices(TimeProvider? time = null)
        : this(ProjectReleases.Open, time ?? TimeProvider.System)
    {
    }

    internal ReleaseChoices(Func<ProjectFolder, ProjectReleases> open, TimeProvider time) => (_open, _time) = (open, time);

    /// <summary>Releases on this machine, newest first, then those that are only in the store, newest first. A store that cannot be used has none, and damaged releases are no choice.</summary>
    public async Task<IReadOnlyList<Release>> ListAsync(ProjectFolder project, CancellationToken cancellationToken)
    {
        IReadOnlyList<Release> local = new ReleaseStore(project).List(s_leaveOut);
        Task<IReadOnlyList<Release>> asked = Ask(project);
        await Task.WhenAny(asked, Task.Delay(s_patience, _time, cancellationToken)).ConfigureAwait(false);
        IReadOnlyList<Release> all = asked.IsCompletedSuccessfully ? await asked.ConfigureAwait(false) : [];
        HashSet<string> here = [.. local.Select(release => release.Id)];
        return [.. local.Reverse(), .. all.Reverse().Where(release => !here.Contains(release.Id))];
    }

    private Task<IReadOnlyList<Release>> Ask(ProjectFolder project)
    {
        if (_listings.TryGetValue(project.Root, out Listing? known) && _time.GetElapsedTime(known.Begun) < s_kept)
        {
            return known.Releases;
        }

        var listing = new Listing(_time.GetTimestamp(), Task.Run(() => ReadAsync(project), CancellationToken.None));
        _listings[project.Root] = listing;
        return listing.Releases;
    }

    private async Task<IReadOnlyList<Release>> ReadAsync(ProjectFolder project)
    {
        using var limit = new CancellationTokenSource(s_limit, _time);
        try
        {
            return await _open(project).ListAsync(limit.Token, s_leaveOut).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DeployException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            return []; // As of damaged releases, nobody is told while typing.
        }
    }

    private sealed record Listing(long Begun, Task<IReadOnlyList<Release>> Releases);
}
