using System.Globalization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Postgres;

/// <summary>Where a cluster is and how it is, as its files and the processes of this machine say. Changes nothing.</summary>
internal sealed class ClusterPlace(ClusterFiles files, ClusterOptions options)
{
    /// <summary>The state of a cluster that was never started, or whose first start was killed.</summary>
    public static ClusterState Missing => new() { Status = ClusterStatus.Missing };

    /// <summary>The machine's folders.</summary>
    public StateFolders Folders => options.Folders ?? StateFolders.OfThisMachine();

    /// <summary>The cluster's home, with the user that its data belongs to: root's choice may be another one since the packages changed.</summary>
    public ClusterHome Home(ClusterPointer pointer)
    {
        StateFolders folders = Folders with { ServerUser = pointer.User is null ? null : UnprivilegedUser.Named(pointer.User) };
        return new ClusterHome(folders.ClusterHome(files.Folder, pointer.Id), folders);
    }

    /// <summary>The major version of the data; null when there is none.</summary>
    public int? DataMajor()
    {
        if (files.ReadPointer() is not ClusterPointer pointer)
        {
            return null;
        }

        string file = Path.Combine(Home(pointer).Data, "PG_VERSION");
        return File.Exists(file) && int.TryParse(File.ReadAllText(file), NumberStyles.Integer, CultureInfo.InvariantCulture, out int major) ? major : null;
    }

    /// <summary>How the cluster is, looked at now.</summary>
    public ClusterState State(ClusterPointer pointer, PostgresInstallation? installation)
    {
        ClusterHome home = Home(pointer);
        if (!home.HasData || home.IsUnfinished)
        {
            return Missing;
        }

        ServerProcess? running = ServerProcess.Find(home.Data);
        return new ClusterState
        {
            Status = running is null ? ClusterStatus.Stopped : ClusterStatus.Running,
            ProcessId = running?.ProcessId,
            Port = running?.Port is > 0 and int port ? port : pointer.Port,
            Version = installation?.Version.ToString() ?? DataMajor()?.ToString(CultureInfo.InvariantCulture),
            StartedAt = running?.StartedAt,
            DataFolder = home.Data,
        };
    }

    /// <summary>The database as one of its roles.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ClusterNotCreated"/>.</exception>
    public DatabaseAddress Address(string user, Func<ClusterPasswords, string> password)
    {
        if (files.ReadPointer() is not ClusterPointer pointer || files.ReadPasswords() is not ClusterPasswords passwords)
        {
            throw new DeployException(
                ErrorTable.ClusterNotCreated,
                $"There is no database cluster in '{files.Folder}': it was never started, or it was removed.",
                "Start the environment with Start-LocalStack.",
                files.Folder);
        }

        return new DatabaseAddress { Host = "127.0.0.1", Port = pointer.Port, Database = "postgres", User = user, Password = new Secret(password(passwords)) };
    }
}
