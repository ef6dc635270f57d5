namespace SupabaseDeploy.LocalStack;

/// <summary>How a gateway ends when it cannot start, so that its supervisor knows what to do.</summary>
public static class GatewayExitCode
{
    /// <summary>The options cannot be used.</summary>
    public const int InvalidOptions = 64;

    /// <summary>Another process listens on the port.</summary>
    public const int PortInUse = 65;

    /// <summary>A gateway already serves this environment: it holds the lock beside the state file.</summary>
    public const int AlreadyRunning = 66;
}
