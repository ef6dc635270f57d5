namespace SupabaseDeploy.LocalStack;

/// <summary>Which Docker engine is used, and where its images come from. Names nothing of the Docker library, which is loaded when it is used.</summary>
internal sealed record DockerOptions
{
    /// <summary>The environment variable that names another registry for all images, as a mirror: <c>registry.example:5000</c>.</summary>
    public const string RegistryVariable = "SUPABASE_DEPLOY_IMAGE_REGISTRY";

    /// <summary>The engine's address; null for what <c>DOCKER_HOST</c> or the current Docker context says, else the usual socket.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The registry of all images; null for the usual one.</summary>
    public string? Registry { get; init; }

    public static DockerOptions OfThisMachine() =>
        new() { Registry = Environment.GetEnvironmentVariable(RegistryVariable) is { Length: > 0 } registry ? registry.TrimEnd('/') : null };

    /// <summary>The name to pull a repository's image by.</summary>
    public string ImageOf(string repository, string tag) => Registry is null ? $"{repository}:{tag}" : $"{Registry}/{repository}:{tag}";
}
