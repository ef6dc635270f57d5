using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Testing;

/// <summary>Functions as a file of slugs and digests, which is replaced at once; what a deployment replaced is kept beside it.</summary>
internal sealed class FolderFunctions(string folder, Action check) : IPlaceFunctions
{
    private string Current => Path.Combine(folder, "functions.json");

    public Task<IReadOnlyList<DeployedFunction>> ListAsync(CancellationToken cancellationToken)
    {
        check();
        return Task.FromResult<IReadOnlyList<DeployedFunction>>([.. Read(Current).Select(function => new DeployedFunction(function.Key, function.Value))]);
    }

    public async Task ApplyAsync(FunctionChange change, Guid deployment, IProgressSink sink, CancellationToken cancellationToken)
    {
        check();
        string kept = Kept(deployment);
        if (!File.Exists(kept))
        {
            await AtomicFile.WriteAllTextAsync(kept, JsonSerializer.Serialize(Read(Current)), cancellationToken: cancellationToken);
        }

        sink.Publish(new Detail("functions: kept"));
        var functions = Read(Current);
        foreach (string slug in change.Deploy)
        {
            check();
            functions[slug] = change.Release.Functions.Single(function => function.Slug == slug).Digest;
            sink.Publish(new Detail($"functions: sent {slug}"));
        }

        foreach (string slug in change.Remove)
        {
            functions.Remove(slug);
        }

        check();
        await AtomicFile.WriteAllTextAsync(Current, JsonSerializer.Serialize(functions), cancellationToken: cancellationToken);
        sink.Publish(new Detail("functions: switched"));
    }

    public async Task<IReadOnlyList<string>> GoBackAsync(Guid deployment, IProgressSink sink, CancellationToken cancellationToken)
    {
        check();
        if (!File.Exists(Kept(deployment)))
        {
            return [];
        }

        SortedDictionary<string, string> before = Read(Kept(deployment));
        SortedDictionary<string, string> now = Read(Current);
        await AtomicFile.WriteAllTextAsync(Current, JsonSerializer.Serialize(before), cancellationToken: cancellationToken);
        sink.Publish(new Detail("functions: switched back"));
        return [.. before.Keys.Union(now.Keys).Where(slug => before.GetValueOrDefault(slug) != now.GetValueOrDefault(slug)).Order(StringComparer.Ordinal)];
    }

    private string Kept(Guid deployment) => Path.Combine(folder, $"functions-{deployment:N}.json");

    private static SortedDictionary<string, string> Read(string file) =>
        new(File.Exists(file) ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(file))! : [], StringComparer.Ordinal);
}
