using System.Globalization;
using Docker.DotNet;
using Docker.DotNet.Models;
using Secret = SupabaseDeploy.Environments.Secret;

namespace SupabaseDeploy.LocalStack;

/// <summary>The containers, volumes and the network of one stack. Each call looks before it acts and may be repeated.</summary>
internal sealed class DockerThings(DockerConnection docker, DockerNames names)
{
    public DockerNames Names => names;

    /// <summary>The stack's containers, running or not.</summary>
    public async Task<IReadOnlyList<FoundContainer>> ListAsync(CancellationToken cancellationToken)
    {
        IList<ContainerListResponse> listed = await docker.AskAsync(
            "list the containers",
            client => client.Containers.ListContainersAsync(new ContainersListParameters { All = true, Filters = names.Filter() }, cancellationToken)).ConfigureAwait(false);
        FoundContainer?[] found = await Task.WhenAll(listed.Select(container => FindAsync(container.ID, cancellationToken))).ConfigureAwait(false);
        return [.. found.OfType<FoundContainer>()];
    }

    /// <summary>The container of a service, when the engine runs it.</summary>
    public async Task<FoundContainer?> FindRunningAsync(string service, CancellationToken cancellationToken)
    {
        Dictionary<string, IDictionary<string, bool>> filter = names.Filter();
        filter["label"][$"{DockerNames.ServiceLabel}={service}"] = true;
        IList<ContainerListResponse> listed = await docker.AskAsync(
            "list the containers", client => client.Containers.ListContainersAsync(new ContainersListParameters { Filters = filter }, cancellationToken)).ConfigureAwait(false);
        FoundContainer? found = listed.Count == 0 ? null : await FindAsync(listed[0].ID, cancellationToken).ConfigureAwait(false);
        return found?.IsRunning == true ? found : null;
    }

    /// <summary>One container as it is now; null when it is gone.</summary>
    public async Task<FoundContainer?> FindAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return Read(await docker.Client.Containers.InspectContainerAsync(id, cancellationToken).ConfigureAwait(false));
        }
        catch (DockerContainerNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Makes a container, which is not started.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> CreateAsync(DockerContainer container, Secret key, CancellationToken cancellationToken) =>
        (await docker.AskAsync(
            $"create container '{container.Name}'",
            client => client.Containers.CreateContainerAsync(container.ToParameters(names, key), cancellationToken)).ConfigureAwait(false)).ID;

    /// <summary>Starts a container; does nothing when it runs.</summary>
    /// <exception cref="DockerApiException">The engine refuses, be it that a port is taken.</exception>
    public Task StartAsync(string id, CancellationToken cancellationToken) =>
        docker.Client.Containers.StartContainerAsync(id, new ContainerStartParameters(), cancellationToken);

    /// <summary>Ends a container in the time that its definition gives it.</summary>
    public Task StopAsync(FoundContainer container, CancellationToken cancellationToken) => container.IsUp
        ? docker.AskAsync(
            $"stop container '{container.Name}'", client => client.Containers.StopContainerAsync(container.Id, new ContainerStopParameters(), cancellationToken))
        : Task.CompletedTask;

    /// <summary>Ends and deletes a container. Its volumes stay.</summary>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await docker.AskAsync(
                $"remove container '{id[..12]}'",
                client => client.Containers.RemoveContainerAsync(id, new ContainerRemoveParameters { Force = true }, cancellationToken)).ConfigureAwait(false);
        }
        catch (Errors.DeployException e) when (e.InnerException is DockerContainerNotFoundException)
        {
            // It is gone, which is what was wanted.
        }
    }

    /// <summary>The end of what a container wrote.</summary>
    public async Task<string> TailAsync(string id, int lines, CancellationToken cancellationToken)
    {
        var parameters = new ContainerLogsParameters { ShowStdout = true, ShowStderr = true, Tail = lines.ToString(CultureInfo.InvariantCulture) };
        using MultiplexedStream stream = await docker.AskAsync(
            "read the log", client => client.Containers.GetContainerLogsAsync(id, parameters, cancellationToken)).ConfigureAwait(false);
        (string output, string error) = await stream.ReadOutputToEndAsync(cancellationToken).ConfigureAwait(false);
        return Postgres.ProcessResult.LastLines($"{output}\n{error}", lines);
    }

    /// <summary>Resident memory of a running container in bytes; null when it is not known.</summary>
    public async Task<long?> MemoryAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            ContainerStatsResponse? seen = null;
            await docker.Client.Containers.GetContainerStatsAsync(
                id, new ContainerStatsParameters { Stream = false, OneShot = true }, new Reporter<ContainerStatsResponse>(stats => seen = stats), cancellationToken).ConfigureAwait(false);
            return seen?.MemoryStats?.Usage is { } bytes ? (long)bytes : null;
        }
        catch (DockerApiException)
        {
            return null; // It ended in this moment.
        }
    }

    /// <summary>Makes the stack's network where it is missing.</summary>
    /// <returns>The address that this machine has in it; and whether it was made.</returns>
    public async Task<(string? Gateway, bool IsNew)> EnsureNetworkAsync(CancellationToken cancellationToken)
    {
        NetworkResponse? network = await FindNetworkAsync(cancellationToken).ConfigureAwait(false);
        bool isNew = network is null;
        if (network is null)
        {
            await docker.AskAsync(
                $"create network '{names.Network}'",
                client => client.Networks.CreateNetworkAsync(
                    new NetworksCreateParameters { Name = names.Network, Driver = "bridge", Labels = names.Labels() }, cancellationToken)).ConfigureAwait(false);
            network = await FindNetworkAsync(cancellationToken).ConfigureAwait(false);
        }

        return (network?.IPAM?.Config?.FirstOrDefault()?.Gateway?.Split('/')[0], isNew);
    }

    public async Task RemoveNetworkAsync(CancellationToken cancellationToken)
    {
        if (await FindNetworkAsync(cancellationToken).ConfigureAwait(false) is { } network)
        {
            await docker.AskAsync($"remove network '{names.Network}'", client => client.Networks.DeleteNetworkAsync(network.ID, cancellationToken)).ConfigureAwait(false);
        }
    }

    /// <summary>The names of the stack's volumes.</summary>
    public async Task<IReadOnlyList<string>> ListVolumesAsync(CancellationToken cancellationToken) =>
    [
        .. ((await docker.AskAsync(
            "list the volumes", client => client.Volumes.ListAsync(new VolumesListParameters { Filters = names.Filter() }, cancellationToken)).ConfigureAwait(false))
            .Volumes ?? []).Select(volume => volume.Name),
    ];

    /// <summary>Makes a volume; one that is there stays as it is.</summary>
    public Task CreateVolumeAsync(string name, CancellationToken cancellationToken) => docker.AskAsync(
        $"create volume '{name}'",
        client => client.Volumes.CreateAsync(new VolumesCreateParameters { Name = name, Labels = names.Labels() }, cancellationToken));

    public Task RemoveVolumeAsync(string name, CancellationToken cancellationToken) => docker.AskAsync(
        $"remove volume '{name}'", client => client.Volumes.RemoveAsync(name, force: true, cancellationToken));

    /// <summary>Removes the containers, the volumes with all data, and the network.</summary>
    public async Task RemoveAllAsync(CancellationToken cancellationToken)
    {
        foreach (FoundContainer container in await ListAsync(cancellationToken).ConfigureAwait(false))
        {
            await RemoveAsync(container.Id, cancellationToken).ConfigureAwait(false);
        }

        foreach (string volume in await ListVolumesAsync(cancellationToken).ConfigureAwait(false))
        {
            await RemoveVolumeAsync(volume, cancellationToken).ConfigureAwait(false);
        }

        await RemoveNetworkAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<NetworkResponse?> FindNetworkAsync(CancellationToken cancellationToken) =>
        (await docker.AskAsync(
            "list the networks", client => client.Networks.ListNetworksAsync(new NetworksListParameters { Filters = names.Filter() }, cancellationToken)).ConfigureAwait(false))
            .FirstOrDefault(network => network.Name == names.Network);

    private static FoundContainer Read(ContainerInspectResponse container) => new()
    {
        Id = container.ID,
        Name = container.Name!.TrimStart('/'),
        Service = Label(container, DockerNames.ServiceLabel),
        Definition = Label(container, DockerNames.DefinitionLabel),
        IsOptional = Label(container, DockerNames.OptionalLabel) == "true",
        Port = int.TryParse(Label(container, DockerNames.PortLabel), CultureInfo.InvariantCulture, out int port) ? port : 0,
        Status = container.State!.Status,
        ExitCode = container.State.ExitCode,
        ProcessId = (int)container.State.Pid,
        StartedAt = Time(container.State.StartedAt),
        FinishedAt = Time(container.State.FinishedAt),
        Restarts = (int)container.RestartCount,
        Tag = container.Config!.Image!.Split(':')[^1],
        Ports = (container.HostConfig!.PortBindings ?? new Dictionary<string, IList<PortBinding>>())
            .Where(binding => binding.Value is { Count: > 0 })
            .ToDictionary(binding => Number(binding.Key.Split('/')[0]), binding => Number(binding.Value[0].HostPort)),
        Volumes = (container.Mounts ?? []).Where(mount => mount.Type == "volume").ToDictionary(mount => mount.Destination, mount => mount.Name!),
    };

    private static string Label(ContainerInspectResponse container, string name) =>
        container.Config?.Labels is { } labels && labels.TryGetValue(name, out string? value) ? value : "";

    // The year 1 stands for never.
    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at) && at.Year > 1 ? at : null;

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
