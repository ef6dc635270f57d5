using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

/// <summary>The programs that a cluster's server is run with: what is installed for its data's version, and our extensions.</summary>
/// <param name="installations">The installations of this machine.</param>
/// <param name="time">The clock.</param>
/// <param name="dataMajor">The major version of the data; null where there is none yet.</param>
internal sealed class ClusterPrograms(PostgresInstallations installations, TimeProvider time, Func<int?> dataMajor)
{
    /// <summary>What is installed.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.PostgresNotFound"/>.</exception>
    public PostgresInstallation Find(string cluster) =>
        installations.FindAsync(dataMajor(), NullProgressSink.Instance, CancellationToken.None).GetAwaiter().GetResult()
        ?? throw new DeployException(
            ErrorTable.PostgresNotFound,
            $"The PostgreSQL that cluster '{cluster}' runs on is not installed any more.",
            "Start the cluster to have it looked for, and to see what was found.",
            cluster);

    /// <summary>What is installed; where nothing is, it is got.</summary>
    public Task<PostgresInstallation> FindOrInstallAsync(IProgressSink sink, CancellationToken cancellationToken) =>
        installations.FindOrInstallAsync(dataMajor(), sink, cancellationToken);

    /// <summary>The programs to run the server of a data folder with.</summary>
    public Task<PostgresInstallation> ServedAsync(
        PostgresInstallation installation, ClusterHome home, string data, IProgressSink sink, CancellationToken cancellationToken) =>
        new ExtensionTrees(home.Folders, time).ProvideAsync(installation, ServerSettings.PreloadedLibraries(data), sink, cancellationToken);
}
