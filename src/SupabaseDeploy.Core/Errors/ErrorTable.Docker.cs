namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>No Docker engine answers where one was looked for.</summary>
    public static readonly ErrorCode DockerUnreachable = new("DockerUnreachable", 4040, ErrorKind.ConnectionError);

    /// <summary>There is a Docker engine, and this user may not use it.</summary>
    public static readonly ErrorCode DockerPermissionDenied = new("DockerPermissionDenied", 4041, ErrorKind.PermissionDenied);

    /// <summary>An image is neither on this machine nor can it be pulled.</summary>
    public static readonly ErrorCode ImageNotPulled = new("ImageNotPulled", 4042, ErrorKind.ResourceUnavailable);

    /// <summary>A container ends, or does not become healthy.</summary>
    public static readonly ErrorCode ContainerFailed = new("ContainerFailed", 4043, ErrorKind.ResourceUnavailable);

    /// <summary>The port of a container is taken again and again.</summary>
    public static readonly ErrorCode ContainerPortTaken = new("ContainerPortTaken", 4044, ErrorKind.ResourceBusy);

    /// <summary>The Docker engine does not do what it was asked for.</summary>
    public static readonly ErrorCode DockerRefused = new("DockerRefused", 4045, ErrorKind.InvalidOperation);

    /// <summary>The database in a volume does not know the passwords that the project keeps.</summary>
    public static readonly ErrorCode VolumeKeysLost = new("VolumeKeysLost", 4046, ErrorKind.AuthenticationError);

    /// <summary>The Docker engine is on another machine.</summary>
    public static readonly ErrorCode DockerNotLocal = new("DockerNotLocal", 4047, ErrorKind.InvalidArgument);
}
