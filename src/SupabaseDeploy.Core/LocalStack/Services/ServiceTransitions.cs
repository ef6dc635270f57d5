namespace SupabaseDeploy.LocalStack;

/// <summary>The legal moves of a service between its states.</summary>
internal static class ServiceTransitions
{
    private static readonly Dictionary<ServiceState, ServiceState[]> s_next = new()
    {
        [ServiceState.Waiting] = [ServiceState.Starting, ServiceState.Stopped],
        [ServiceState.Starting] = [ServiceState.Healthy, ServiceState.BackingOff, ServiceState.GaveUp, ServiceState.Stopping],
        [ServiceState.Healthy] = [ServiceState.Unhealthy, ServiceState.BackingOff, ServiceState.GaveUp, ServiceState.Stopping],
        [ServiceState.Unhealthy] = [ServiceState.Healthy, ServiceState.BackingOff, ServiceState.GaveUp, ServiceState.Stopping],
        [ServiceState.BackingOff] = [ServiceState.Starting, ServiceState.Stopped],
        [ServiceState.GaveUp] = [ServiceState.Stopped],
        [ServiceState.Stopping] = [ServiceState.Stopped],
        [ServiceState.Stopped] = [],
    };

    /// <summary>Whether a service may go from one state to another.</summary>
    public static bool Allow(ServiceState from, ServiceState to) => s_next[from].Contains(to);

    /// <summary>Passes a legal move.</summary>
    /// <exception cref="InvalidOperationException">The move is not in the table: a defect of the supervisor.</exception>
    public static ServiceState Move(ServiceState from, ServiceState to) =>
        Allow(from, to) ? to : throw new InvalidOperationException($"A service cannot go from {from} to {to}.");
}
