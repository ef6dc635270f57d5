namespace SupabaseDeploy.Postgres;

/// <summary>
/// The folder a server runs in: <c>data</c>, <c>log/server.log</c> and <c>server.conf</c>. As root the folder itself stays root's,
/// so that the server's user cannot lay links into our way; only <c>data</c> and <c>log</c> are given to it.
/// <c>data</c> gets its name by a rename when it is whole and loses it by a rename before it is deleted: if it is there, it is complete.
/// </summary>
internal sealed class ClusterHome(string folder, StateFolders folders)
{
    public string Folder { get; } = folder;

    public string Data => Path.Combine(Folder, "data");

    /// <summary>Data on the way in.</summary>
    public string PartialData => Path.Combine(Folder, "data.partial");

    /// <summary>Data on the way out.</summary>
    public string DeadData => Path.Combine(Folder, "data.removing");

    public string LogFolder => Path.Combine(Folder, "log");

    public string Log => Path.Combine(LogFolder, "server.log");

    /// <summary>Included by the data's <c>postgresql.conf</c> as <c>../server.conf</c>; written before each start.</summary>
    public string Configuration => Path.Combine(Folder, "server.conf");

    public StateFolders Folders { get; } = folders;

    /// <summary>The user the server runs as; null for ours.</summary>
    public string? RunAs => Folders.ServerUser?.Name;

    public bool HasData => Directory.Exists(Data);

    /// <summary>Creates the home and the log's folder.</summary>
    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        Folders.CreateReachable(Folder);
        if (!Directory.Exists(LogFolder))
        {
            // Named last, so that a log folder that is there is the server's.
            string unnamed = LogFolder + ".partial";
            Directory.CreateDirectory(unnamed);
            await GiveToServerAsync(unnamed, cancellationToken).ConfigureAwait(false);
            Directory.Move(unnamed, LogFolder);
        }
    }

    /// <summary>Gives a folder and what is in it to the server's user, closed to others.</summary>
    public async Task GiveToServerAsync(string path, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (Folders.ServerUser is UnprivilegedUser user)
        {
            var request = new ProcessRequest("chown", ["-R", "-h", $"{user.Name}:{user.Group}", "--", path]);
            (await ChildProcess.RunAsync(request, cancellationToken).ConfigureAwait(false)).EnsureSuccess(request);
        }
    }

    /// <summary>Deletes what a start or a removal that was cut short has left.</summary>
    public void DeleteLeftovers()
    {
        Delete(PartialData);
        Delete(DeadData);
    }

    /// <summary>Deletes the data, then the home.</summary>
    public void Remove()
    {
        if (HasData)
        {
            Delete(DeadData);
            Directory.Move(Data, DeadData);
        }

        Delete(Folder);
    }

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
        {
            ServerProcess.EndAllIn(path);
            Directory.Delete(path, recursive: true);
        }
    }
}
