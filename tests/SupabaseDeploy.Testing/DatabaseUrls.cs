using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Testing;

/// <summary>Addresses as a person types them.</summary>
public static class DatabaseUrls
{
    /// <summary>The PostgreSQL URL, with the password of a throw-away server.</summary>
    public static string ToUrl(this DatabaseAddress database) =>
        $"postgresql://{database.User}:{Uri.EscapeDataString(database.Password!.Reveal())}@{database.Host}:{database.Port}/{database.Database}";
}
