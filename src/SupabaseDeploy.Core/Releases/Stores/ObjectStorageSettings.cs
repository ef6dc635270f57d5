using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Releases;

/// <summary>A bucket of an object storage that speaks S3, and who we are there.</summary>
/// <param name="Endpoint">The service: <c>https://s3.eu-central-1.amazonaws.com</c>.</param>
/// <param name="Bucket">The bucket.</param>
/// <param name="Prefix">What the names of our objects begin with; empty, or ending with a slash.</param>
/// <param name="Region">The region that requests are signed for.</param>
/// <param name="AccessKey">The id of the access key.</param>
/// <param name="SecretKey">Its secret.</param>
/// <param name="SessionToken">The token of temporary keys; null for lasting ones.</param>
internal sealed record ObjectStorageSettings(
    Uri Endpoint, string Bucket, string Prefix, string Region, string AccessKey, Secret SecretKey, Secret? SessionToken)
{
    /// <summary>What people call it.</summary>
    public string Name => $"s3://{Bucket}/{Prefix}".TrimEnd('/');
}
