using System.Collections;

namespace SupabaseDeploy.LocalStack;

/// <summary>How programs reach the network: the proxies of the machine and the registry of its packages.</summary>
internal static class ProxyVariables
{
    private static readonly string[] s_proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
    private static readonly string[] s_registry = ["NPM_CONFIG_REGISTRY"];

    /// <summary>What is asked directly: a function and its stack talk over the loopback address.</summary>
    private static readonly string[] s_direct = ["127.0.0.1", "localhost"];

    /// <summary>The variables of an environment that say so, in the case that they are written in; with proxies, those that nobody asks one for are this machine.</summary>
    public static IReadOnlyDictionary<string, string> Of(IDictionary ours)
    {
        var all = ours.Keys.Cast<string>().Where(name => ours[name] is string { Length: > 0 }).ToDictionary(name => name, name => (string)ours[name]!, StringComparer.Ordinal);
        string[] BothCases(string[] names) => [.. names.Concat(names.Select(name => name.ToLowerInvariant())).Where(all.ContainsKey)];
        Dictionary<string, string> variables = BothCases([.. s_proxies, .. s_registry]).ToDictionary(name => name, name => all[name]);
        if (BothCases(s_proxies).Length > 0)
        {
            // Programs differ in which of the two goes first.
            string[] named = (all.GetValueOrDefault("NO_PROXY") ?? all.GetValueOrDefault("no_proxy") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            variables["NO_PROXY"] = variables["no_proxy"] = string.Join(',', named.Union(s_direct));
        }

        return variables;
    }
}
