using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Migrations;

/// <summary>What a shadow shall have in it.</summary>
/// <param name="Files">The migrations, in order.</param>
/// <param name="Environment">For messages, and for where seeds are looked for.</param>
/// <param name="Seeds">The seeds that run after the migrations; empty for none.</param>
internal sealed record ShadowContent(IReadOnlyList<MigrationFile> Files, DeploymentEnvironment Environment, IReadOnlyList<SeedFile> Seeds)
{
    /// <summary>The project's content, whose secrets are in the vault before a file may read them; null to leave the vault empty.</summary>
    public ProjectContent? Secrets { get; init; }

    /// <summary>Whether the API roles may use the objects that the files make in <c>public</c>.</summary>
    public bool AreNewObjectsGranted => NewObjectGrants.AreWanted(SupabaseConfiguration.Load(Environment.Project));

    /// <summary>The chain as its files are now.</summary>
    public async Task<SnapshotChain> ReadChainAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<SeedFile> seeds = Seeds.Count == 0 ? [] : await SeedFile.FindAsync(Environment.Project, NullProgressSink.Instance, cancellationToken).ConfigureAwait(false);
        return await SnapshotChain.ReadAsync(Files, seeds, AreNewObjectsGranted, Secrets?.HasSecrets == true, cancellationToken).ConfigureAwait(false);
    }
}
