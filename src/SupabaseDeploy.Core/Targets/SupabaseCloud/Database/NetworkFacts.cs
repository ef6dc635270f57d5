using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>What the platform knows about why a connection is not let in. Each thing it does not tell is left out: it is only there to explain.</summary>
internal sealed class NetworkFacts(ManagementApi api)
{
    private static readonly string[] s_everywhere = ["0.0.0.0/0", "::/0"];

    public async Task<IReadOnlyList<string>> CollectAsync(CancellationToken cancellationToken) =>
    [
        .. await AskAsync(BansAsync, cancellationToken).ConfigureAwait(false),
        .. await AskAsync(RestrictionsAsync, cancellationToken).ConfigureAwait(false),
        .. await AskAsync(ServerAsync, cancellationToken).ConfigureAwait(false),
    ];

    private async Task<IReadOnlyList<string>> BansAsync(CancellationToken cancellationToken)
    {
        NetworkBans bans = await api.GetNetworkBansAsync(cancellationToken).ConfigureAwait(false);
        return bans.BannedIpv4Addresses.Count == 0
            ? []
            : [$"network ban: the platform bans {string.Join(", ", bans.BannedIpv4Addresses)} after failed sign-ins; if that is this machine, lift it in the dashboard"];
    }

    private async Task<IReadOnlyList<string>> RestrictionsAsync(CancellationToken cancellationToken)
    {
        NetworkRestrictions restrictions = await api.GetNetworkRestrictionsAsync(cancellationToken).ConfigureAwait(false);
        string[] allowed = [.. restrictions.Config.DbAllowedCidrs ?? [], .. restrictions.Config.DbAllowedCidrsV6 ?? []];
        return restrictions.Entitlement != "allowed" || allowed.Length == 0 || allowed.Intersect(s_everywhere).Any()
            ? []
            : [$"network restriction: only {string.Join(", ", allowed)} may connect"];
    }

    private async Task<IReadOnlyList<string>> ServerAsync(CancellationToken cancellationToken)
    {
        await api.QueryAsync("select 1 as answer", cancellationToken).ConfigureAwait(false);
        return ["the platform itself reaches the database, so it is the way from here that is closed"];
    }

    private static async Task<IReadOnlyList<string>> AskAsync(Func<CancellationToken, Task<IReadOnlyList<string>>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask(cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException)
        {
            return []; // The failure that is being explained is the one to report.
        }
    }
}
