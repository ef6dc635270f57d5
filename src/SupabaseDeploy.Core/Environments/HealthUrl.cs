namespace SupabaseDeploy.Environments;

/// <summary>The URL of a health endpoint.</summary>
internal static class HealthUrl
{
    public const string Expected = "an 'http://' or 'https://' URL, or a path like '/' in the environment's own web root";

    /// <summary>What is wrong with <paramref name="url"/>; null when nothing is.</summary>
    public static string? Problem(string url)
    {
        if (url.StartsWith('/') && !url.StartsWith("//", StringComparison.Ordinal))
        {
            return null;
        }

        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            return uri?.UserInfo.Length > 0 ? $"the URL cannot be used; expected {Expected}." : $"'{url}' cannot be used; expected {Expected}.";
        }

        return uri.UserInfo.Length > 0 ? "the URL holds a user name or a password; expected one without." : null;
    }
}
