using SupabaseDeploy.Environments;

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

    /// <summary>Whole data that is about to replace <see cref="Data"/>.</summary>
    public string NextData => Path.Combine(Folder, "data.next");

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

    /// <summary>Whether the data was begun by a first start that did not end: nobody was ever given it, and it may not be on the disk whole.</summary>
    public bool IsUnfinished => File.Exists(UnfinishedMark);

    // Beside the data, so that a copy of the data as a template is not marked, and a copy of the project is.
    private string UnfinishedMark => Path.Combine(Folder, "unfinished");

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

    /// <summary>Says, before there is data, that it is not finished.</summary>
    public Task BeginDataAsync(CancellationToken cancellationToken) =>
        AtomicFile.WriteAllTextAsync(UnfinishedMark, "The first start of this server has not ended; the next one begins anew.\n", null, cancellationToken);

    /// <summary>Says that the data is finished and on the disk, or gone.</summary>
    public void EndData() => DurableFolder.DeleteFile(UnfinishedMark);

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

    /// <summary>Gives the next data the settings that were made with ALTER SYSTEM: they are the server's, not the database's.</summary>
    public void KeepSettings()
    {
        const string settings = "postgresql.auto.conf";
        // Written over the file that is there, which stays its owner's.
        File.Copy(Path.Combine(Data, settings), Path.Combine(NextData, settings), overwrite: true);
    }

    /// <summary>Puts <see cref="NextData"/> in the place of the data of a stopped server, which is left for <see cref="DeleteLeftovers"/>.</summary>
    public void ReplaceData()
    {
        Delete(DeadData);
        DurableFolder.Move(Data, DeadData);
        FinishReplacement();
    }

    /// <summary>
    /// Ends a replacement that was cut short between its two renames. Before the first of them the old data is still there,
    /// and the replacement has not taken place.
    /// </summary>
    public void FinishReplacement()
    {
        if (!HasData && Directory.Exists(NextData))
        {
            DurableFolder.Move(NextData, Data);
        }
    }

    /// <summary>Deletes what a start, a replacement or a removal that was cut short has left.</summary>
    public void DeleteLeftovers()
    {
        Delete(PartialData);
        Delete(NextData);
        Delete(DeadData);
    }

    /// <summary>Deletes the data, and ends a server that runs on it.</summary>
    public void DiscardData()
    {
        if (HasData)
        {
            Delete(DeadData);
            Directory.Move(Data, DeadData);
        }

        Delete(DeadData);
    }

    /// <summary>Deletes the data, then the home.</summary>
    public void Remove()
    {
        DiscardData();
        Delete(Folder);
    }

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
        {
            ServerProcess.EndAllIn(path);
            FolderRemoval.Run(path);
        }
    }
}
