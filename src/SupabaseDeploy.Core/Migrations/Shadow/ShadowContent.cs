using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>What a shadow shall have in it.</summary>
/// <param name="Files">The migrations, in order.</param>
/// <param name="Environment">For messages, and for where seeds are looked for.</param>
/// <param name="Seeds">The seeds that run after the migrations; empty for none.</param>
internal sealed record ShadowContent(IReadOnlyList<MigrationFile> Files, DeploymentEnvironment Environment, IReadOnlyList<SeedFile> Seeds)
{
    /// <summary>The chain as its files are now.</summary>
    public async Task<SnapshotChain> ReadChainAsync(CancellationToken cancellationToken) =>
        await SnapshotChain.ReadAsync(
            Files, Seeds.Count == 0 ? [] : await SeedFile.FindAsync(Environment.Project, NullProgressSink.Instance, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
}
