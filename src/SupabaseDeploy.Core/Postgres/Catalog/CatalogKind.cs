namespace SupabaseDeploy.Postgres.Catalog;

/// <summary>What an object of a catalog is.</summary>
public enum CatalogKind
{
    /// <summary>A schema.</summary>
    Schema,

    /// <summary>An extension, with its version and schema.</summary>
    Extension,

    /// <summary>An enumeration, composite type, domain, range or base type.</summary>
    Type,

    /// <summary>A table or partitioned table: persistence, partitioning, inheritance, storage parameters, replica identity.</summary>
    Table,

    /// <summary>A foreign table.</summary>
    ForeignTable,

    /// <summary>A column: type, collation, NOT NULL, default, identity, generation, storage.</summary>
    Column,

    /// <summary>The order of a table's columns.</summary>
    ColumnOrder,

    /// <summary>A constraint of a table.</summary>
    Constraint,

    /// <summary>An index that belongs to no constraint.</summary>
    Index,

    /// <summary>Extended statistics.</summary>
    Statistics,

    /// <summary>A sequence's options, not its value.</summary>
    Sequence,

    /// <summary>A view.</summary>
    View,

    /// <summary>A materialized view.</summary>
    MaterializedView,

    /// <summary>A rule.</summary>
    Rule,

    /// <summary>A function.</summary>
    Function,

    /// <summary>A procedure.</summary>
    Procedure,

    /// <summary>An aggregate.</summary>
    Aggregate,

    /// <summary>A trigger and whether it is enabled.</summary>
    Trigger,

    /// <summary>An event trigger.</summary>
    EventTrigger,

    /// <summary>Whether row-level security is enabled on a table, and forced on its owner.</summary>
    RowSecurity,

    /// <summary>A policy.</summary>
    Policy,

    /// <summary>What one role may do with one object.</summary>
    Privilege,

    /// <summary>What new objects of a role are granted.</summary>
    DefaultPrivilege,

    /// <summary>Who owns an object.</summary>
    Owner,

    /// <summary>A publication.</summary>
    Publication,

    /// <summary>A table, or all tables of a schema, in a publication, with columns and condition.</summary>
    PublicationTable,

    /// <summary>A foreign-data wrapper.</summary>
    ForeignDataWrapper,

    /// <summary>A foreign server, without options that may be secret.</summary>
    ForeignServer,

    /// <summary>A cast.</summary>
    Cast,

    /// <summary>An operator.</summary>
    Operator,

    /// <summary>An operator family.</summary>
    OperatorFamily,

    /// <summary>An operator class.</summary>
    OperatorClass,

    /// <summary>A collation.</summary>
    Collation,

    /// <summary>A text search configuration.</summary>
    TextSearchConfiguration,

    /// <summary>A text search dictionary.</summary>
    TextSearchDictionary,

    /// <summary>A comment on an object.</summary>
    Comment,

    /// <summary>A row of the migration history; compared for two hosted projects, as are all kinds below.</summary>
    Migration,

    /// <summary>The version of PostgreSQL.</summary>
    ServerVersion,

    /// <summary>An edge function.</summary>
    EdgeFunction,

    /// <summary>A setting of a service.</summary>
    Setting,

    /// <summary>The name of a secret of the edge functions.</summary>
    Secret,

    /// <summary>An API key's name and kind.</summary>
    ApiKey,
}
