using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>The edge functions of a project: all bundled first, then activated in one call.</summary>
internal sealed class CloudFunctions(ManagementApi api, FunctionMemory memory, TimeProvider time) : IPlaceFunctions
{
    private const string Removed = "REMOVED";
    private const int BundledAtOnce = 4;

    private static readonly TimeSpan s_consistencyLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(1);

    public async Task<IReadOnlyList<DeployedFunction>> ListAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<CloudFunction> functions = await ActiveAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyDictionary<string, KeptFunction> known = functions.Count == 0
            ? new Dictionary<string, KeptFunction>()
            : await memory.ReadDeployedAsync(cancellationToken).ConfigureAwait(false);
        return [.. functions.Select(function => new DeployedFunction(function.Slug, DigestOf(function, known)))];
    }

    public async Task ApplyAsync(FunctionChange change, Guid deployment, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (change.IsEmpty)
        {
            return;
        }

        IReadOnlyList<CloudFunction> before = await ActiveAsync(cancellationToken).ConfigureAwait(false);
        await KeepAsync(change, deployment, before, sink, cancellationToken).ConfigureAwait(false);
        KeptFunction[] wanted = await Task.WhenAll(change.Deploy.Select(slug => ReadAsync(change.Release, slug, cancellationToken))).ConfigureAwait(false);
        IReadOnlyList<KeptFunction> active = await SwitchAsync(wanted, change.Remove, sink, cancellationToken).ConfigureAwait(false);
        await memory.RememberAsync(active, change.Remove, cancellationToken).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<string>> GoBackAsync(Guid deployment, IProgressSink sink, CancellationToken cancellationToken)
    {
        IReadOnlyList<(string Slug, KeptFunction? Function)> kept = await memory.ReadKeptAsync(deployment, cancellationToken).ConfigureAwait(false);
        if (kept.Count == 0)
        {
            return [];
        }

        Dictionary<string, CloudFunction> now = (await ActiveAsync(cancellationToken).ConfigureAwait(false)).ToDictionary(function => function.Slug, StringComparer.Ordinal);
        KeptFunction[] back = [.. kept.Where(each => each.Function is { } function && !IsActive(function, now)).Select(each => each.Function!)];
        string[] remove = [.. kept.Where(each => each.Function is null && now.ContainsKey(each.Slug)).Select(each => each.Slug)];
        if (back.Length + remove.Length > 0)
        {
            IReadOnlyList<KeptFunction> active = await SwitchAsync(back, remove, sink, cancellationToken).ConfigureAwait(false);
            await memory.RememberAsync(active, remove, cancellationToken).ConfigureAwait(false);
        }

        return [.. back.Select(function => function.Slug).Concat(remove).Order(StringComparer.Ordinal)];
    }

    /// <summary>Bundles all, activates them in one call, removes, and waits until the platform says so itself.</summary>
    private async Task<IReadOnlyList<KeptFunction>> SwitchAsync(
        IReadOnlyList<KeptFunction> wanted, IReadOnlyList<string> remove, IProgressSink sink, CancellationToken cancellationToken)
    {
        CloudFunction[] bundles = await BundleAsync(wanted, sink, cancellationToken).ConfigureAwait(false);
        if (bundles.Length > 0)
        {
            sink.Publish(new Detail($"Activating {bundles.Length} functions at once."));
            await api.ActivateFunctionsAsync(bundles, cancellationToken).ConfigureAwait(false);
        }

        HashSet<string> there = remove.Count == 0
            ? []
            : (await ActiveAsync(cancellationToken).ConfigureAwait(false)).Select(function => function.Slug).ToHashSet(StringComparer.Ordinal);
        foreach (string slug in remove.Where(there.Contains))
        {
            sink.Publish(new Detail($"Removing function '{slug}'."));
            await DeleteAsync(slug, cancellationToken).ConfigureAwait(false);
        }

        await WaitUntilListedAsync(bundles, remove, cancellationToken).ConfigureAwait(false);
        return [.. wanted.Zip(bundles, (function, bundle) => function with { Bundle = bundle.EzbrSha256 })];
    }

    private async Task<CloudFunction[]> BundleAsync(IReadOnlyList<KeptFunction> wanted, IProgressSink sink, CancellationToken cancellationToken)
    {
        var bundles = new CloudFunction[wanted.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = BundledAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, wanted.Count, options, async (index, token) =>
        {
            KeptFunction function = wanted[index];
            sink.Publish(new Detail($"Bundling function '{function.Slug}' ({function.Files.Count} files)."));
            try
            {
                CloudFunction bundle = await api.BundleFunctionAsync(function.Slug, function.Metadata, function.Files, token).ConfigureAwait(false);
                bundles[index] = bundle with { VerifyJwt = bundle.VerifyJwt ?? function.Metadata.VerifyJwt }; // It need not say so, and who may call it is decided by what is activated.
            }
            catch (DeployException e) when (e.Code == ErrorTable.ApiRequestRefused)
            {
                throw new DeployException(
                    ErrorTable.FunctionNotDeployed,
                    $"Function '{function.Slug}' could not be bundled, so that no function was changed. {e.Message}",
                    "Correct the function; 'deno check' finds most of what the platform's bundler refuses.",
                    function.Slug,
                    e);
            }
        }).ConfigureAwait(false);
        return bundles;
    }

    private async Task KeepAsync(FunctionChange change, Guid deployment, IReadOnlyList<CloudFunction> before, IProgressSink sink, CancellationToken cancellationToken)
    {
        IReadOnlySet<string> kept = await memory.KeptSlugsAsync(deployment, cancellationToken).ConfigureAwait(false);
        var keep = new List<(string, KeptFunction?)>();
        foreach (string slug in change.Deploy.Concat(change.Remove).Where(slug => !kept.Contains(slug)))
        {
            CloudFunction? current = before.FirstOrDefault(function => function.Slug == slug);
            keep.Add((slug, current is null ? null : await SourcesOfAsync(current, sink, cancellationToken).ConfigureAwait(false)));
        }

        await memory.KeepAsync(deployment, keep, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What a release brought is remembered; anything else is asked of the platform.</summary>
    private async Task<KeptFunction> SourcesOfAsync(CloudFunction current, IProgressSink sink, CancellationToken cancellationToken)
    {
        KeptFunction? known = await memory.FindAsync(current.Slug, cancellationToken).ConfigureAwait(false);
        if (known is not null && known.Is(current))
        {
            return known;
        }

        sink.Publish(new Detail($"Keeping the sources of function '{current.Slug}', which no release brought."));
        FunctionSources sources = await api.GetFunctionSourcesAsync(current.Slug, cancellationToken).ConfigureAwait(false);
        return new KeptFunction(current.Slug, null, current.EzbrSha256, MetadataOf(current, sources), sources.Files);
    }

    private async Task DeleteAsync(string slug, CancellationToken cancellationToken)
    {
        try
        {
            await api.DeleteFunctionAsync(slug, cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException e) when (e.Code == ErrorTable.ApiNotFound)
        {
            // Gone already: a list that was behind showed it.
        }
    }

    private async Task WaitUntilListedAsync(IReadOnlyList<CloudFunction> bundles, IReadOnlyList<string> removed, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (true)
        {
            Dictionary<string, CloudFunction> now = (await ActiveAsync(cancellationToken).ConfigureAwait(false)).ToDictionary(function => function.Slug, StringComparer.Ordinal);
            string[] missing = [.. bundles.Where(bundle => now.GetValueOrDefault(bundle.Slug) is not { } active || active.EzbrSha256 != bundle.EzbrSha256 || (active.VerifyJwt ?? true) != (bundle.VerifyJwt ?? true)).Select(bundle => bundle.Slug)];
            string[] left = [.. removed.Where(now.ContainsKey)];
            if (missing.Length + left.Length == 0)
            {
                return;
            }

            if (time.GetElapsedTime(start) > s_consistencyLimit)
            {
                throw new DeployException(
                    ErrorTable.FunctionNotDeployed,
                    $"The platform does not list what was deployed after {s_consistencyLimit.TotalSeconds:0} s: {string.Join(", ", missing.Select(slug => $"'{slug}' is not the new one").Concat(left.Select(slug => $"'{slug}' is still there")))}.",
                    "Look at https://status.supabase.com and at the functions in the dashboard; then run the command again.",
                    missing.Concat(left).First());
            }

            await Task.Delay(s_poll, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<CloudFunction>> ActiveAsync(CancellationToken cancellationToken) =>
    [
        .. (await api.ListFunctionsAsync(cancellationToken).ConfigureAwait(false))
            .Where(function => function.Status != Removed)
            .OrderBy(function => function.Slug, StringComparer.Ordinal),
    ];

    private static async Task<KeptFunction> ReadAsync(Release release, string slug, CancellationToken cancellationToken)
    {
        ReleaseFunction function = release.Functions.Single(function => function.Slug == slug);
        var files = new List<SourceFile>();
        foreach (ReleaseFile file in function.Files)
        {
            files.Add(new SourceFile(file.Path, await File.ReadAllBytesAsync(Path.Combine(release.FunctionFolder(slug), file.Path), cancellationToken).ConfigureAwait(false)));
        }

        var metadata = new FunctionMetadata
        {
            Name = slug,
            EntrypointPath = function.EntryPoint,
            ImportMapPath = function.ImportMap,
            StaticPatterns = function.StaticFiles.Count > 0 ? function.StaticFiles : null,
            VerifyJwt = function.VerifyJwt,
        };
        return new KeptFunction(slug, function.Digest, null, metadata, files);
    }

    /// <summary>The platform names entry and import map by where it unpacked them (<c>file:///…/source/index.ts</c>); the files by relative paths.</summary>
    private static FunctionMetadata MetadataOf(CloudFunction function, FunctionSources sources)
    {
        string? entry = FileOf(function.EntrypointPath, sources) ?? FileOf("index.ts", sources);
        return new FunctionMetadata
        {
            Name = function.Name,
            EntrypointPath = entry ?? throw new DeployException(
                ErrorTable.FunctionNotKept,
                $"The sources of function '{function.Slug}', which no release brought, cannot be kept for going back: its first file '{function.EntrypointPath}' is not among them.",
                $"Delete the function in the dashboard after you have saved it elsewhere, or take '{function.Slug}' out of the release.",
                function.Slug),
            ImportMapPath = FileOf(function.ImportMapPath, sources),
            VerifyJwt = function.VerifyJwt,
        };
    }

    private static string? FileOf(string? url, FunctionSources sources) => url is null
        ? null
        : sources.Files.Select(file => file.Path).Where(path => $"/{url}".EndsWith("/" + path, StringComparison.Ordinal)).MaxBy(path => path.Length);

    private static bool IsActive(KeptFunction function, Dictionary<string, CloudFunction> now) =>
        function.Bundle is not null && now.GetValueOrDefault(function.Slug) is { } active && function.Is(active);

    private static string? DigestOf(CloudFunction function, IReadOnlyDictionary<string, KeptFunction> known) =>
        known.TryGetValue(function.Slug, out KeptFunction? memory) && memory.Is(function) ? memory.Digest : null;
}
