namespace SupabaseDeploy.Backups;

/// <summary>
/// How a database is created and set up, besides its content. Kept as <c>database.json</c> in a backup, not in its manifest:
/// an application's settings (<c>app.jwt_secret</c>) may be secrets, and a manifest is shown to people.
/// </summary>
internal sealed record DatabaseDefinition
{
    /// <summary><c>UTF8</c>.</summary>
    public required string Encoding { get; init; }

    /// <summary><c>LC_COLLATE</c>.</summary>
    public required string Collation { get; init; }

    /// <summary><c>LC_CTYPE</c>.</summary>
    public required string CharacterType { get; init; }

    /// <summary>The ICU locale; null where the operating system's locales are used.</summary>
    public string? IcuLocale { get; init; }

    /// <summary>Rules that go beyond the ICU locale; null for none.</summary>
    public string? IcuRules { get; init; }

    /// <summary>The locale of PostgreSQL's own provider, from version 17 on; null where another provides it.</summary>
    public string? BuiltinLocale { get; init; }

    /// <summary>True when it is known that the operating system provides the locale: the server's default may be another provider.</summary>
    public bool IsLibc { get; init; }

    /// <summary>The owner.</summary>
    public required string Owner { get; init; }

    /// <summary>Most sessions at once; -1 for no limit.</summary>
    public int ConnectionLimit { get; init; } = -1;

    /// <summary>The comment; null when there is none.</summary>
    public string? Comment { get; init; }

    /// <summary>Privileges; null for PostgreSQL's defaults.</summary>
    public IReadOnlyList<DatabaseGrant>? Grants { get; init; }

    /// <summary>What <c>ALTER DATABASE … SET</c> and <c>ALTER ROLE … IN DATABASE … SET</c> hold.</summary>
    public required IReadOnlyList<DatabaseSetting> Settings { get; init; }
}

/// <summary>One privilege on a database.</summary>
/// <param name="Role">Who has it; null for PUBLIC.</param>
/// <param name="Privilege"><c>CONNECT</c>, <c>CREATE</c> or <c>TEMPORARY</c>.</param>
/// <param name="IsGrantable">Whether it may be passed on.</param>
internal sealed record DatabaseGrant(string? Role, string Privilege, bool IsGrantable);

/// <summary>One configuration parameter set for a database.</summary>
/// <param name="Role">Only for this role; null for every one.</param>
/// <param name="Name">The parameter.</param>
/// <param name="Value">Its value as the catalog holds it.</param>
internal sealed record DatabaseSetting(string? Role, string Name, string Value);
