using System.Globalization;
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
    private readonly ClusterPlace _place;
    private readonly ClusterOptions _options;
    private readonly TimeProvider _timeProvider;
    private PostgresInstallation? _installation;

    private PostgresCluster(string pointerFolder, ClusterOptions options)
    {
        _files = new ClusterFiles(Path.TrimEndingDirectorySeparator(Path.GetFullPath(pointerFolder)));
        _place = new ClusterPlace(_files, options);
        _options = options;
        _timeProvider = options.TimeProvider ?? TimeProvider.System;
    }

    /// <summary>The cluster that a folder points to. Creates and starts nothing.</summary>
    /// <param name="pointerFolder">The folder an environment has in its project; the data lives there too, except for a process of root.</param>
    /// <param name="options">How it is run; null for a durable cluster in the usual places.</param>
    public static PostgresCluster At(string pointerFolder, ClusterOptions? options = null) => new(pointerFolder, options ?? new ClusterOptions());

    /// <summary>The folder that points to the cluster.</summary>
    public string PointerFolder => _files.Folder;

    /// <summary>The application's database as role <c>postgres</c>, which is no superuser, as on the platform.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ClusterNotCreated"/>.</exception>
    public DatabaseAddress Application => _place.Address("postgres", passwords => passwords.Postgres);

    /// <summary>The same database as the superuser <c>supabase_admin</c>.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ClusterNotCreated"/>.</exception>
    public DatabaseAddress Administration => _place.Address(PostgresServer.Superuser, passwords => passwords.SupabaseAdmin);

    /// <summary>The passwords of both roles; null when they are not known.</summary>
    internal ClusterPasswords? Passwords => _files.ReadPasswords();

    /// <summary>The server's log; null when there is no cluster.</summary>
    internal string? LogFile => _files.ReadPointer() is { } pointer ? _place.Home(pointer).Log : null;

    /// <summary>The PostgreSQL it runs on, or would.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.PostgresNotFound"/>.</exception>
    public PostgresInstallation Installation =>
        _installation ??= Programs.Find(PointerFolder);

    /// <summary>
    /// Starts the server: creates its data from the template cache when there is none, recovers what a crash left, and waits until it
    /// answers. A server that already runs is adopted.
    /// </summary>
    /// <exception cref="DeployException">No PostgreSQL, other data than it can read, or a server that does not start.</exception>
    public async Task<ClusterState> StartAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        using FileLock turn = await LockAsync(sink, cancellationToken).ConfigureAwait(false);
        if (_files.ReadPointer() is ClusterPointer found)
        {
            _place.Home(found).FinishReplacement();
        }

        if (_files.ReadPointer() is ClusterPointer known
            && _place.Home(known) is { IsUnfinished: false } begun
            && await FindRunningAsync(begun, cancellationToken).ConfigureAwait(false) is ServerProcess running)
        {
            return await FinishAsync(known, running.Port, null, sink, cancellationToken).ConfigureAwait(false);
        }

        _installation = await Programs.FindOrInstallAsync(sink, cancellationToken).ConfigureAwait(false);
        ClusterPointer pointer = await ReadOrCreatePointerAsync(cancellationToken).ConfigureAwait(false);
        ClusterHome home = _place.Home(pointer);
        PostgresInstallation served = await Programs.ServedAsync(_installation, home, home.Data, sink, cancellationToken).ConfigureAwait(false);
        var server = new PostgresServer(served, home, _options.Patience, _timeProvider);
        var templates = new ClusterTemplates(home.Folders, _timeProvider);
        (pointer, TemplateTurn? template) = await new ClusterData(_files, home, server, _options, _timeProvider)
            .ProvideAsync(pointer, templates, served, sink, cancellationToken).ConfigureAwait(false);
        using (template)
        {
            int wished = await ClusterStart.WishedPortAsync(_options.WishedPort?.Invoke(), pointer.Port, sink, cancellationToken).ConfigureAwait(false);
            int port = await ClusterStart.RunAsync(
                server, home, wished, _options.IsThrowAway || home.IsUnfinished, sink, cancellationToken).ConfigureAwait(false);
            return await FinishAsync(pointer, port, template, sink, cancellationToken).ConfigureAwait(false) with { Changed = true };
        }
    }

    /// <summary>Stops the server; does nothing when it does not run.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ClusterStopFailed"/>.</exception>
    public async Task<ClusterState> StopAsync(CancellationToken cancellationToken)
    {
        if (_files.ReadPointer() is null)
        {
            return ClusterPlace.Missing;
        }

        using FileLock turn = await LockAsync(NullProgressSink.Instance, cancellationToken).ConfigureAwait(false);
        if (_files.ReadPointer() is not ClusterPointer pointer)
        {
            return ClusterPlace.Missing;
        }

        bool isStopped = await StopAsync(_place.Home(pointer), immediately: false, cancellationToken).ConfigureAwait(false);
        return _place.State(pointer, _installation) with { Changed = isStopped };
    }

    /// <summary>
    /// Replaces the data by that of another cluster, which is stopped and whose folder is on the same disk, and starts the server on it:
    /// on the same port and with the same passwords. Sessions are ended. There is no moment, and no crash, after which there is neither
    /// the old data nor the new.
    /// </summary>
    /// <param name="data">The other cluster's data folder; it is moved.</param>
    /// <param name="installation">The programs that it was made with.</param>
    /// <param name="passwords">The passwords that its roles have.</param>
    /// <param name="sink">Is told what is being done.</param>
    /// <param name="cancellationToken">Stops it until the server is stopped.</param>
    /// <returns>How long no session could begin.</returns>
    internal async Task<TimeSpan> ReplaceDataAsync(
        string data, PostgresInstallation installation, ClusterPasswords? passwords, IProgressSink sink, CancellationToken cancellationToken)
    {
        using FileLock turn = await LockAsync(sink, cancellationToken).ConfigureAwait(false);
        _ = Application;
        ClusterPointer pointer = _files.ReadPointer()! with { Bootstrap = Bootstrap.Hash };
        ClusterHome home = _place.Home(pointer);
        var exchange = new ClusterExchange(home, _options, _timeProvider, Programs);
        PostgresServer server = await exchange.PrepareAsync(
            data, installation, _files.ReadPasswords()! is var own && own != passwords ? own : null, sink, cancellationToken).ConfigureAwait(false);

        sink.Publish(new Detail($"Stopping the server for the exchange of '{home.Data}'."));
        cancellationToken.ThrowIfCancellationRequested();
        long stopped = _timeProvider.GetTimestamp();
        await StopAsync(home, immediately: false, CancellationToken.None).ConfigureAwait(false);
        _installation = installation;
        return await exchange.RunAsync(server, pointer.Port, sink, async port =>
        {
            TimeSpan downtime = _timeProvider.GetElapsedTime(stopped);
            await FinishAsync(pointer, port, null, sink, CancellationToken.None).ConfigureAwait(false);
            return downtime;
        }).ConfigureAwait(false);
    }

    /// <summary>Looks whether the server runs. Changes nothing.</summary>
    public Task<ClusterState> GetStateAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_files.ReadPointer() is ClusterPointer pointer ? _place.State(pointer, _installation) : ClusterPlace.Missing);
    }

    /// <summary>Stops the server and deletes its data, its log and the pointer. Does nothing when there is no cluster.</summary>
    public async Task<ClusterState> RemoveAsync(CancellationToken cancellationToken)
    {
        if (_files.ReadPointer() is null)
        {
            return ClusterPlace.Missing;
        }

        using (await LockAsync(NullProgressSink.Instance, cancellationToken).ConfigureAwait(false))
        {
            if (_files.ReadPointer() is ClusterPointer pointer)
            {
                ClusterHome home = _place.Home(pointer);
                await StopAsync(home, immediately: true, cancellationToken).ConfigureAwait(false);
                home.Remove();
                _files.Delete();
            }
        }

        _files.DeleteFolderIfEmpty();
        return ClusterPlace.Missing with { Changed = true };
    }

    private ClusterPrograms Programs => new(new PostgresInstallations(_options.Search, _place.Folders, _timeProvider), _timeProvider, _place.DataMajor);

    /// <summary>The server that runs on the home and that we can sign in to; waits for one that is about to start or to stop.</summary>
    private async Task<ServerProcess?> FindRunningAsync(ClusterHome home, CancellationToken cancellationToken)
    {
        long start = _timeProvider.GetTimestamp();
        ServerProcess? running;
        while ((running = ServerProcess.Find(home.Data)) is { IsReady: false } && _timeProvider.GetElapsedTime(start) < _options.Patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), _timeProvider, cancellationToken).ConfigureAwait(false);
        }

        if (running is not null && _files.ReadPasswords() is null)
        {
            await StopAsync(home, immediately: false, cancellationToken).ConfigureAwait(false);
            return null;
        }

        return running;
    }

    private async Task<ClusterPointer> ReadOrCreatePointerAsync(CancellationToken cancellationToken)
    {
        if (_files.ReadPointer() is ClusterPointer known)
        {
            return known;
        }

        // Passwords without a pointer came with a copy of another project.
        _files.DeletePasswords();
        ClusterPointer created = ClusterPointer.Create(_files.Folder, LoopbackPort.Choose(), _place.Folders.ServerUser?.Name);
        await _files.WriteAsync(created, cancellationToken).ConfigureAwait(false);
        return created;
    }

    /// <summary>Writes down where the server is, signs in, and does what its data lacks.</summary>
    private async Task<ClusterState> FinishAsync(ClusterPointer pointer, int port, TemplateTurn? template, IProgressSink sink, CancellationToken cancellationToken)
    {
        ClusterPointer current = pointer with { Port = port, Folder = _files.Folder };
        if (current != pointer)
        {
            await _files.WriteAsync(current, cancellationToken).ConfigureAwait(false);
        }

        var preparation = new ClusterPreparation(_files, _place.Home(current), _options, () => Installation, _timeProvider);
        return _place.State(await preparation.RunAsync(current, Administration, template, sink, cancellationToken).ConfigureAwait(false), _installation);
    }

    private async Task<bool> StopAsync(ClusterHome home, bool immediately, CancellationToken cancellationToken)
    {
        if (ServerProcess.Find(home.Data) is null)
        {
            return false;
        }

        await new PostgresServer(Installation, home, _options.Patience, _timeProvider).StopAsync(immediately, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private Task<FileLock> LockAsync(IProgressSink sink, CancellationToken cancellationToken) =>
        FileLock.AcquireAsync(_files.LockFile, $"it starts or stops cluster '{PointerFolder}'", sink, _timeProvider, cancellationToken);
}
