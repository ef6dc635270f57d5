using System.Globalization;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

/// <summary>
/// A PostgreSQL server of a project's environment on this machine: loopback only, with passwords of its own, prepared as a Supabase
/// project. Each call looks at what is there before it acts, may be repeated, and takes its turn with other processes.
/// </summary>
public sealed class PostgresCluster
{
    private readonly ClusterFiles _files;
    private readonly ClusterOptions _options;
    private readonly StateFolders _folders;
    private readonly PostgresInstallations _installations;
    private readonly TimeProvider _timeProvider;
    private PostgresInstallation? _installation;

    private PostgresCluster(string pointerFolder, ClusterOptions options)
    {
        _files = new ClusterFiles(Path.GetFullPath(pointerFolder));
        _options = options;
        _folders = options.Folders ?? StateFolders.OfThisMachine();
        _timeProvider = options.TimeProvider ?? TimeProvider.System;
        _installations = new PostgresInstallations(options.Search, _folders, _timeProvider);
    }

    /// <summary>The cluster that a folder points to. Creates and starts nothing.</summary>
    /// <param name="pointerFolder">The folder an environment has in its project; the data lives there too, except for a process of root.</param>
    /// <param name="options">How it is run; null for a durable cluster in the usual places.</param>
    public static PostgresCluster At(string pointerFolder, ClusterOptions? options = null) => new(pointerFolder, options ?? new ClusterOptions());

    /// <summary>The folder that points to the cluster.</summary>
    public string PointerFolder => _files.Folder;

    /// <summary>The application's database as role <c>postgres</c>, which is no superuser, as on the platform.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ClusterNotCreated"/>.</exception>
    public DatabaseAddress Application => Address("postgres", passwords => passwords.Postgres);

    /// <summary>The same database as the superuser <c>supabase_admin</c>.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ClusterNotCreated"/>.</exception>
    public DatabaseAddress Administration => Address(PostgresServer.Superuser, passwords => passwords.SupabaseAdmin);

    /// <summary>The PostgreSQL it runs on.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.PostgresNotFound"/>.</exception>
    public PostgresInstallation Installation =>
        _installation ??= _installations.Find(DataMajor(), NullProgressSink.Instance, CancellationToken.None).GetAwaiter().GetResult()
            ?? throw new DeployException(
                ErrorTable.PostgresNotFound,
                $"The PostgreSQL that cluster '{PointerFolder}' runs on is not installed any more.",
                "Start the cluster to have it looked for, and to see what was found.",
                PointerFolder);

    /// <summary>
    /// Starts the server: creates its data from the template cache when there is none, recovers what a crash left, and waits until it
    /// answers. A server that already runs is adopted.
    /// </summary>
    /// <exception cref="DeployException">No PostgreSQL, other data than it can read, or a server that does not start.</exception>
    public async Task<ClusterState> StartAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        using FileLock turn = await LockAsync(sink, cancellationToken).ConfigureAwait(false);
        ClusterPointer pointer = await ReadOrCreatePointerAsync(cancellationToken).ConfigureAwait(false);
        ClusterHome home = Home(pointer);
        if (ServerProcess.Find(home.Data) is { IsReady: true } running && _files.ReadPasswords() is not null)
        {
            return await AdoptAsync(running, pointer, home, cancellationToken).ConfigureAwait(false);
        }

        home.DeleteLeftovers();
        await home.CreateAsync(cancellationToken).ConfigureAwait(false);
        _installation = await _installations.FindOrInstallAsync(DataMajor(), sink, cancellationToken).ConfigureAwait(false);
        var server = new PostgresServer(_installation, home, _options.Patience);
        pointer = await ProvideDataAsync(server, pointer, home, sink, cancellationToken).ConfigureAwait(false);

        int port = await ClusterStart.RunAsync(server, home, pointer.Port, _options.IsThrowAway, sink, cancellationToken).ConfigureAwait(false);
        pointer = await SavePortAsync(pointer, port, cancellationToken).ConfigureAwait(false);
        await BringUpToDateAsync(pointer, cancellationToken).ConfigureAwait(false);
        return State(home, pointer) with { Changed = true };
    }

    /// <summary>Stops the server; does nothing when it does not run.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ClusterStopFailed"/>.</exception>
    public async Task<ClusterState> StopAsync(CancellationToken cancellationToken)
    {
        if (_files.ReadPointer() is null)
        {
            return Missing;
        }

        using FileLock turn = await LockAsync(NullProgressSink.Instance, cancellationToken).ConfigureAwait(false);
        if (_files.ReadPointer() is not ClusterPointer pointer)
        {
            return Missing;
        }

        ClusterHome home = Home(pointer);
        bool isRunning = ServerProcess.Find(home.Data) is not null;
        if (isRunning)
        {
            await new PostgresServer(Installation, home, _options.Patience).StopAsync(immediately: false, cancellationToken).ConfigureAwait(false);
        }

        return State(home, pointer) with { Changed = isRunning };
    }

    /// <summary>Looks whether the server runs. Changes nothing.</summary>
    public Task<ClusterState> GetStateAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_files.ReadPointer() is ClusterPointer pointer ? State(Home(pointer), pointer) : Missing);
    }

    /// <summary>Stops the server and deletes its data, its log and the pointer. Does nothing when there is no cluster.</summary>
    public async Task<ClusterState> RemoveAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(_files.Folder))
        {
            return Missing;
        }

        using (await LockAsync(NullProgressSink.Instance, cancellationToken).ConfigureAwait(false))
        {
            if (_files.ReadPointer() is not ClusterPointer pointer)
            {
                return Missing;
            }

            ClusterHome home = Home(pointer);
            if (ServerProcess.Find(home.Data) is not null)
            {
                await new PostgresServer(Installation, home, _options.Patience).StopAsync(immediately: true, cancellationToken).ConfigureAwait(false);
            }

            home.Remove();
            _files.Delete();
        }

        return Missing with { Changed = true };
    }

    private static ClusterState Missing => new() { Status = ClusterStatus.Missing };

    private async Task<ClusterState> AdoptAsync(ServerProcess running, ClusterPointer pointer, ClusterHome home, CancellationToken cancellationToken)
    {
        pointer = await SavePortAsync(pointer, running.Port, cancellationToken).ConfigureAwait(false);
        await BringUpToDateAsync(pointer, cancellationToken).ConfigureAwait(false);
        return State(home, pointer);
    }

    private async Task<ClusterPointer> ReadOrCreatePointerAsync(CancellationToken cancellationToken)
    {
        if (_files.ReadPointer() is ClusterPointer known)
        {
            return known;
        }

        ClusterPointer created = ClusterPointer.Create(LoopbackPort.Choose());
        await _files.WriteAsync(created, cancellationToken).ConfigureAwait(false);
        return created;
    }

    /// <summary>Sees to it that there is data, and that its passwords are known to us and to nobody else.</summary>
    private async Task<ClusterPointer> ProvideDataAsync(
        PostgresServer server, ClusterPointer pointer, ClusterHome home, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (home.HasData && _files.ReadPasswords() is not null)
        {
            return pointer;
        }

        await ServerSettings.WriteAsync(home, pointer.Port, _options.IsThrowAway, cancellationToken).ConfigureAwait(false);
        ClusterPasswords passwords = ClusterPasswords.Create();
        if (home.HasData)
        {
            sink.Publish(new Notice($"The passwords of cluster '{PointerFolder}' are lost; it gets new ones."));
            ServerProcess.ClearTheWay(home.Data);
            await server.SetPasswordsAsync("data", passwords, cancellationToken).ConfigureAwait(false);
            await _files.WriteAsync(passwords, cancellationToken).ConfigureAwait(false);
            return pointer;
        }

        var templates = new ClusterTemplates(_folders, _options.Patience, _timeProvider);
        await templates.CopyToAsync(home.PartialData, _installation!, sink, cancellationToken).ConfigureAwait(false);
        await home.GiveToServerAsync(home.PartialData, cancellationToken).ConfigureAwait(false);
        await server.SetPasswordsAsync(Path.GetFileName(home.PartialData), passwords, cancellationToken).ConfigureAwait(false);
        await _files.WriteAsync(passwords, cancellationToken).ConfigureAwait(false);
        pointer = pointer with { Bootstrap = Bootstrap.Hash };
        await _files.WriteAsync(pointer, cancellationToken).ConfigureAwait(false);
        Directory.Move(home.PartialData, home.Data);
        return pointer;
    }

    private async Task<ClusterPointer> SavePortAsync(ClusterPointer pointer, int port, CancellationToken cancellationToken)
    {
        if (pointer.Port == port)
        {
            return pointer;
        }

        pointer = pointer with { Port = port };
        await _files.WriteAsync(pointer, cancellationToken).ConfigureAwait(false);
        return pointer;
    }

    /// <summary>Connects, which proves that the server is the cluster's own, and applies a bootstrap that is newer than its data.</summary>
    private async Task BringUpToDateAsync(ClusterPointer pointer, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await Administration.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            if (pointer.Bootstrap == Bootstrap.Hash)
            {
                return;
            }

            await Bootstrap.ApplyAsync(connection, cancellationToken).ConfigureAwait(false);
            await _files.WriteAsync(pointer with { Bootstrap = Bootstrap.Hash }, cancellationToken).ConfigureAwait(false);
        }
    }

    private ClusterHome Home(ClusterPointer pointer) => new(_folders.ClusterHome(_files.Folder, pointer.Id), _folders);

    private int? DataMajor()
    {
        if (_files.ReadPointer() is not ClusterPointer pointer)
        {
            return null;
        }

        string file = Path.Combine(Home(pointer).Data, "PG_VERSION");
        return File.Exists(file) && int.TryParse(File.ReadAllText(file), NumberStyles.Integer, CultureInfo.InvariantCulture, out int major) ? major : null;
    }

    private ClusterState State(ClusterHome home, ClusterPointer pointer)
    {
        if (!home.HasData)
        {
            return Missing;
        }

        ServerProcess? running = ServerProcess.Find(home.Data);
        return new ClusterState
        {
            Status = running is null ? ClusterStatus.Stopped : ClusterStatus.Running,
            ProcessId = running?.ProcessId,
            Port = running?.Port is > 0 and int port ? port : pointer.Port,
            Version = _installation?.Version.ToString() ?? DataMajor()?.ToString(CultureInfo.InvariantCulture),
            StartedAt = running?.StartedAt,
            DataFolder = home.Data,
        };
    }

    private DatabaseAddress Address(string user, Func<ClusterPasswords, string> password)
    {
        if (_files.ReadPointer() is not ClusterPointer pointer || _files.ReadPasswords() is not ClusterPasswords passwords)
        {
            throw new DeployException(
                ErrorTable.ClusterNotCreated,
                $"There is no database cluster in '{PointerFolder}': it was never started, or it was removed.",
                "Start the environment with Start-LocalStack.",
                PointerFolder);
        }

        return new DatabaseAddress { Host = "127.0.0.1", Port = pointer.Port, Database = "postgres", User = user, Password = new Secret(password(passwords)) };
    }

    private Task<FileLock> LockAsync(IProgressSink sink, CancellationToken cancellationToken) =>
        FileLock.AcquireAsync(_files.LockFile, $"it starts or stops cluster '{PointerFolder}'", sink, _timeProvider, cancellationToken);
}
