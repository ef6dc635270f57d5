namespace SupabaseDeploy.Migrations.Rules;

/// <summary>Every rule. An id is never used for anything else, and never changes: it is in the comments of people's files.</summary>
public static class RuleTable
{
    /// <summary>A table of an API schema is left without row-level security.</summary>
    public static readonly MigrationRule RlsDisabled = new("rls-disabled", RuleSeverity.High, "A table the API serves has no row-level security");

    /// <summary>A policy was added to a table whose row-level security is off.</summary>
    public static readonly MigrationRule PolicyWithoutRls = new("policy-without-rls", RuleSeverity.High, "A policy on a table whose row-level security is off");

    /// <summary>Row-level security is on and no policy lets anybody in.</summary>
    public static readonly MigrationRule RlsWithoutPolicy = new("rls-without-policy", RuleSeverity.Info, "Row-level security without any policy");

    /// <summary>A policy lets everybody write every row.</summary>
    public static readonly MigrationRule PolicyAlwaysTrue = new("policy-always-true", RuleSeverity.High, "A policy that allows writing every row");

    /// <summary>A policy believes <c>user_metadata</c>, which users write themselves.</summary>
    public static readonly MigrationRule PolicyUserMetadata = new("policy-user-metadata", RuleSeverity.High, "A policy that believes user_metadata");

    /// <summary>A policy calls a function for every row that gives the same for all.</summary>
    public static readonly MigrationRule PolicyCallPerRow = new("policy-call-per-row", RuleSeverity.Medium, "A policy that asks who the user is for every row");

    /// <summary>A policy compares a column that no index starts with.</summary>
    public static readonly MigrationRule PolicyColumnNotIndexed = new("policy-column-not-indexed", RuleSeverity.Medium, "A policy on a column without an index");

    /// <summary>A <c>security definer</c> function takes its search path from its caller.</summary>
    public static readonly MigrationRule DefinerSearchPath = new("definer-search-path", RuleSeverity.High, "A security definer function without search_path");

    /// <summary>A view of an API schema reads with its owner's rights.</summary>
    public static readonly MigrationRule ViewSecurityDefiner = new("view-security-definer", RuleSeverity.High, "A view the API serves passes row-level security by");

    /// <summary>A view of an API schema shows <c>auth.users</c>.</summary>
    public static readonly MigrationRule AuthUsersExposed = new("auth-users-exposed", RuleSeverity.High, "A view the API serves shows auth.users");

    /// <summary>A new table of an API schema has no grant of its own.</summary>
    public static readonly MigrationRule MissingGrant = new("missing-grant", RuleSeverity.Medium, "A new table the API serves without a grant");

    /// <summary>Visitors without an account may write.</summary>
    public static readonly MigrationRule GrantWriteToAnon = new("grant-write-to-anon", RuleSeverity.Low, "Rights to write for everybody");

    /// <summary>An extension is installed among the tables the API serves.</summary>
    public static readonly MigrationRule ExtensionInPublic = new("extension-in-public", RuleSeverity.Low, "An extension in schema public");

    /// <summary>A foreign key has no index on its own columns.</summary>
    public static readonly MigrationRule ForeignKeyNotIndexed = new("foreign-key-not-indexed", RuleSeverity.Low, "A foreign key without an index");

    /// <summary>A table has no primary key.</summary>
    public static readonly MigrationRule NoPrimaryKey = new("no-primary-key", RuleSeverity.Low, "A table without a primary key");

    /// <summary>The type of a column that may hold rows is changed.</summary>
    public static readonly MigrationRule ColumnTypeChange = new("column-type-change", RuleSeverity.High, "A change of a column's type");

    /// <summary>A column is added that existing rows cannot fill.</summary>
    public static readonly MigrationRule RequiredColumnWithoutDefault =
        new("required-column-without-default", RuleSeverity.High, "A NOT NULL column without a default on an existing table");

    /// <summary>A column becomes <c>NOT NULL</c> by a scan under the strongest lock.</summary>
    public static readonly MigrationRule SetNotNull = new("set-not-null", RuleSeverity.Medium, "SET NOT NULL on an existing table");

    /// <summary>A column is added whose value must be written into every row.</summary>
    public static readonly MigrationRule VolatileDefault = new("volatile-default", RuleSeverity.High, "A new column that rewrites the table");

    /// <summary>An index is built while writes wait.</summary>
    public static readonly MigrationRule IndexNotConcurrent = new("index-not-concurrent", RuleSeverity.Medium, "CREATE INDEX on an existing table, not CONCURRENTLY");

    /// <summary>An index is dropped under the strongest lock.</summary>
    public static readonly MigrationRule DropIndexNotConcurrent = new("drop-index-not-concurrent", RuleSeverity.Low, "DROP INDEX, not CONCURRENTLY");

    /// <summary>An index is built anew while writes wait.</summary>
    public static readonly MigrationRule ReindexNotConcurrent = new("reindex-not-concurrent", RuleSeverity.Medium, "REINDEX, not CONCURRENTLY");

    /// <summary>A check or foreign key scans the table while writes wait.</summary>
    public static readonly MigrationRule ConstraintWithoutNotValid =
        new("constraint-without-not-valid", RuleSeverity.Medium, "A constraint on an existing table without NOT VALID");

    /// <summary>A unique constraint builds its index under the strongest lock.</summary>
    public static readonly MigrationRule UniqueWithoutIndex = new("unique-without-index", RuleSeverity.Medium, "A unique constraint that builds its own index");

    /// <summary>A table goes, and its rows.</summary>
    public static readonly MigrationRule DropTable = new("drop-table", RuleSeverity.High, "DROP TABLE of an existing table");

    /// <summary>A column goes, and what is in it.</summary>
    public static readonly MigrationRule DropColumn = new("drop-column", RuleSeverity.High, "DROP COLUMN of an existing table");

    /// <summary>A database goes.</summary>
    public static readonly MigrationRule DropDatabase = new("drop-database", RuleSeverity.High, "DROP DATABASE");

    /// <summary>Dropping one thing drops what depends on it, whatever that is.</summary>
    public static readonly MigrationRule DropCascade = new("drop-cascade", RuleSeverity.Medium, "DROP … CASCADE");

    /// <summary>A table is emptied.</summary>
    public static readonly MigrationRule Truncate = new("truncate", RuleSeverity.High, "TRUNCATE of an existing table");

    /// <summary>Every row is changed or deleted.</summary>
    public static readonly MigrationRule WriteWithoutWhere = new("write-without-where", RuleSeverity.Medium, "UPDATE or DELETE without WHERE");

    /// <summary>Clients in use lose a table under their hands.</summary>
    public static readonly MigrationRule RenameTable = new("rename-table", RuleSeverity.High, "A renamed table");

    /// <summary>Clients in use lose a column under their hands.</summary>
    public static readonly MigrationRule RenameColumn = new("rename-column", RuleSeverity.High, "A renamed column");

    /// <summary>A time that means another moment in another time zone.</summary>
    public static readonly MigrationRule TimestampWithoutTimeZone = new("timestamp-without-time-zone", RuleSeverity.Low, "timestamp without time zone");

    /// <summary>A number from a sequence with rights and an owner of its own.</summary>
    public static readonly MigrationRule SerialColumn = new("serial-column", RuleSeverity.Low, "serial instead of an identity column");

    /// <summary>A primary key that ends at 2,147,483,647.</summary>
    public static readonly MigrationRule IntPrimaryKey = new("int-primary-key", RuleSeverity.Low, "A primary key of 32 bits");

    /// <summary>A length that is only changed by changing the type.</summary>
    public static readonly MigrationRule VarcharLength = new("varchar-length", RuleSeverity.Info, "varchar with a length");

    /// <summary>A type that pads with spaces.</summary>
    public static readonly MigrationRule CharType = new("char-type", RuleSeverity.Low, "A column of type char");

    /// <summary>A silencing comment names no rule that exists, or cannot be read.</summary>
    public static readonly MigrationRule SilenceUnknown = new("silence-unknown", RuleSeverity.Low, "A silencing comment that names no rule");

    /// <summary>A silencing comment does not say why; it silences nothing.</summary>
    public static readonly MigrationRule SilenceWithoutReason = new("silence-without-reason", RuleSeverity.Low, "A silencing comment without a reason");

    /// <summary>A silencing comment has nothing to silence.</summary>
    public static readonly MigrationRule SilenceUnused = new("silence-unused", RuleSeverity.Info, "A silencing comment that silences nothing");

    /// <summary>All of them: by severity, worst first, then by id.</summary>
    public static IReadOnlyList<MigrationRule> All { get; } =
    [
        .. ((IEnumerable<MigrationRule>)
        [
            RlsDisabled, PolicyWithoutRls, RlsWithoutPolicy, PolicyAlwaysTrue, PolicyUserMetadata, PolicyCallPerRow, PolicyColumnNotIndexed,
            DefinerSearchPath, ViewSecurityDefiner, AuthUsersExposed, MissingGrant, GrantWriteToAnon, ExtensionInPublic, ForeignKeyNotIndexed,
            NoPrimaryKey, ColumnTypeChange, RequiredColumnWithoutDefault, SetNotNull, VolatileDefault, IndexNotConcurrent, DropIndexNotConcurrent,
            ReindexNotConcurrent, ConstraintWithoutNotValid, UniqueWithoutIndex, DropTable, DropColumn, DropDatabase, DropCascade, Truncate,
            WriteWithoutWhere, RenameTable, RenameColumn, TimestampWithoutTimeZone, SerialColumn, IntPrimaryKey, VarcharLength, CharType,
            SilenceUnknown, SilenceWithoutReason, SilenceUnused,
        ]).OrderByDescending(rule => rule.Severity).ThenBy(rule => rule.Id, StringComparer.Ordinal),
    ];
}
