namespace SupabaseDeploy.Migrations;

/// <summary>How much a statement can hurt a database that is in use.</summary>
public enum RehearsalRisk
{
    /// <summary>Nobody notices.</summary>
    None,

    /// <summary>A short lock, or something a person should know.</summary>
    Low,

    /// <summary>Reads or writes may wait for seconds, or for a time that depends on a size that is not known.</summary>
    Medium,

    /// <summary>Reads or writes wait for long, or data is lost.</summary>
    High,

    /// <summary>The statement failed in the rehearsal: it would fail there too.</summary>
    Failed,
}
