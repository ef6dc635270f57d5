using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>A cluster that was made with some content.</summary>
/// <param name="Cluster">The cluster; whoever has it disposes it.</param>
/// <param name="Content">What it has in it.</param>
/// <param name="Snapshots">Where a part of it came from.</param>
internal sealed record MadeShadow(ThrowAwayCluster Cluster, ShadowContent Content, SnapshotSource Snapshots)
{
    /// <summary>Number of files and seeds that came with a snapshot; the rest was run.</summary>
    public int Cached => Snapshots.Found;

    /// <summary>Whether nothing had to be run.</summary>
    public bool IsWhollyCached => Cached == Content.Files.Count + Content.Seeds.Count;
}
