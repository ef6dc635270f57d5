using System.Globalization;
using SupabaseDeploy.Migrations.Rules.Reading;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations.Rules;

/// <summary>Columns, their types and constraints.</summary>
internal sealed partial class StatementRules
{
    private static readonly HashSet<string> s_volatile = new(StringComparer.Ordinal)
    {
        "clock_timestamp", "gen_random_bytes", "gen_random_uuid", "gen_salt", "nanoid", "nextval", "random", "timeofday", "uuid_generate_v1", "uuid_generate_v1mc",
        "uuid_generate_v4", "uuid_generate_v7", "uuidv4", "uuidv7",
    };

    private static IEnumerable<Breach> CheckTable(CreateTable create)
    {
        string? key = create.Constraints.Find(constraint => constraint is { Kind: ConstraintKind.PrimaryKey, Columns.Count: 1 })?.Columns[0];
        return create.Columns.SelectMany(column =>
            CheckColumn(create.Table, column.Name == key ? column with { IsPrimaryKey = true } : column).Select(breach => breach with { Offset = column.Offset }));
    }

    private static IEnumerable<Breach> CheckColumn(SqlName table, ColumnDefinition column)
    {
        string name = $"{table}.{SqlName.Quote(column.Name)}";
        string type = column.Type;
        if (IsTimestampWithoutTimeZone(type))
        {
            yield return new(
                RuleTable.TimestampWithoutTimeZone, name,
                $"'{name}' is '{type}': a time without its zone, which clients in other zones read as another moment.", $"Write '{SqlName.Quote(column.Name)} timestamptz'.");
        }

        if (IsSerial(type))
        {
            string identity = type is "bigserial" or "serial8" ? "bigint" : type is "smallserial" or "serial2" ? "smallint" : "bigint";
            yield return new(
                RuleTable.SerialColumn, name,
                $"'{name}' is '{type}': its sequence has rights of its own, which roles that may insert rows must be granted too, and takes any value that is inserted.",
                $"Write '{SqlName.Quote(column.Name)} {identity} generated always as identity'.");
        }

        if (column.IsPrimaryKey && type is "int" or "integer" or "int4" or "serial" or "serial4" or "smallint" or "int2" or "smallserial" or "serial2")
        {
            yield return new(
                RuleTable.IntPrimaryKey, name, $"Primary key '{name}' is '{type}' and ends at {(type is "smallint" or "int2" or "smallserial" or "serial2" ? "32,767" : "2,147,483,647")}: "
                    + "making it wider later rewrites the table and all that refer to it.", $"Write '{SqlName.Quote(column.Name)} bigint generated always as identity primary key', or 'uuid'.");
        }

        if (LengthOf(type, "varchar(", "character varying(") is { } length)
        {
            yield return new(
                RuleTable.VarcharLength, name, $"'{name}' is '{type}': making it shorter later is a change of its type.",
                $"Write '{SqlName.Quote(column.Name)} text check (char_length({SqlName.Quote(column.Name)}) <= {length})'.");
        }

        if (type is "char" or "character" or "bpchar" || LengthOf(type, "char(", "character(", "bpchar(") is not null)
        {
            yield return new(
                RuleTable.CharType, name, $"'{name}' is '{type}', which pads with spaces that some comparisons see and others do not.", $"Write '{SqlName.Quote(column.Name)} text'.");
        }
    }

    private static IEnumerable<Breach> CheckAddedColumn(SqlName table, ColumnDefinition column)
    {
        string quoted = SqlName.Quote(column.Name);
        string name = $"{table}.{quoted}";
        if (column is { IsNotNull: true, Default: null, IsIdentity: false, IsStored: false } && !IsSerial(column.Type))
        {
            yield return new(
                RuleTable.RequiredColumnWithoutDefault, name,
                $"'{name}' is NOT NULL without a default: adding it fails as soon as '{table}' has one row.",
                $"Give it a default ('alter table {table} add column {quoted} {column.Type} not null default …;'), or add it nullable, fill it, and set it NOT NULL in a later migration.");
        }

        if (RewriteReason(column) is { } reason)
        {
            yield return new(
                RuleTable.VolatileDefault, name,
                $"'{name}' {reason}: every row of '{table}' is written anew while reads and writes wait.",
                $"Add it without that ('alter table {table} add column {quoted} {column.Type};'), set the default for new rows ('alter column {quoted} set default …'), and fill the old ones in batches.");
        }

        if (column.IsUnique || column.IsPrimaryKey)
        {
            yield return Unique(table, [column.Name], column.IsPrimaryKey);
        }

        // A foreign key on a new column without a default is not checked: all its values are null.
        if (column.HasCheck || (column is { References: not null, Default: not null }))
        {
            yield return NotValid(table, column.HasCheck ? "check" : "foreign key", name);
        }
    }

    private static string? RewriteReason(ColumnDefinition column)
    {
        if (column.IsStored)
        {
            return "is generated and stored";
        }

        if (column.IsIdentity || IsSerial(column.Type))
        {
            return "gets a number from a sequence for every row";
        }

        return VolatileCall(column.Default) is { } call ? $"has the default '{call}()', which is another value for every row" : null;
    }

    private static string? VolatileCall(string? expression)
    {
        if (expression is null)
        {
            return null;
        }

        for (int position = 0; position < expression.Length;)
        {
            SqlToken token = SqlLexer.Read(expression, position);
            position = token.End;
            string name = expression[token.Start..token.End].Trim('"').ToLowerInvariant();
            if (token.Kind is SqlTokenKind.Word or SqlTokenKind.QuotedName && s_volatile.Contains(name) && expression.AsSpan(position).TrimStart().StartsWith("("))
            {
                return name;
            }
        }

        return null;
    }

    private static IEnumerable<Breach> CheckConstraint(SqlName table, ConstraintDefinition constraint) => constraint switch
    {
        { Kind: ConstraintKind.Check or ConstraintKind.ForeignKey, IsNotValid: false } =>
            [NotValid(table, constraint.Kind == ConstraintKind.Check ? "check" : "foreign key", constraint.Name is null ? table.ToString() : SqlName.Quote(constraint.Name))],
        { Kind: ConstraintKind.Unique or ConstraintKind.PrimaryKey, UsesIndex: false } =>
            [Unique(table, constraint.Columns, constraint.Kind == ConstraintKind.PrimaryKey)],
        _ => [],
    };

    private static Breach NotValid(SqlName table, string kind, string name) => new(
        RuleTable.ConstraintWithoutNotValid,
        name,
        $"The {kind} '{name}' reads all of '{table}' while writes wait.",
        $"Add it with 'not valid', which checks new rows only, and in the next migration 'alter table {table} validate constraint …;', which lets everybody work.");

    private static Breach Unique(SqlName table, IReadOnlyList<string> columns, bool isPrimaryKey)
    {
        string index = SqlName.Quote($"{table.Name}_{string.Join('_', columns)}_key");
        return new(
            RuleTable.UniqueWithoutIndex,
            table.ToString(),
            $"The {(isPrimaryKey ? "primary key" : "unique constraint")} on {SqlName.List(columns)} builds its index while reads and writes of '{table}' wait.",
            $"Build it first, alone in a migration: 'create unique index concurrently {index} on {table} ({SqlName.List(columns)});', then 'alter table {table} add "
                + $"{(isPrimaryKey ? "primary key" : "unique")} using index {index};'.");
    }

    private Breach[] CheckType(ChangeType change)
    {
        string? old = replay.Find(change.Table)?.Columns.GetValueOrDefault(change.Column);
        if (old is not null && !change.HasUsing && IsFree(old, change.Type))
        {
            return [];
        }

        string name = $"{change.Table}.{SqlName.Quote(change.Column)}";
        return
        [
            new(
                RuleTable.ColumnTypeChange,
                name,
                $"'{name}' changes its type {(old is null ? "" : $"from '{old}' ")}to '{change.Type}': the table and its indexes are written anew while reads and writes wait.",
                $"Add a column of the new type, fill it in batches and by a trigger, and let clients change over: 'alter table {change.Table} add column {SqlName.Quote(change.Column + "_new")} {change.Type};'."),
        ];
    }

    /// <summary>Changes for which the server only looks at the catalog, from its own rules for casts and type modifiers.</summary>
    private static bool IsFree(string from, string to)
    {
        int? oldLength = LengthOf(from, "varchar(", "character varying(");
        int? newLength = LengthOf(to, "varchar(", "character varying(");
        bool wasText = from is "text" or "varchar" or "character varying" || oldLength is not null;
        return Canonical(from) == Canonical(to)
            || (wasText && to is "text" or "varchar" or "character varying")
            || (oldLength is not null && newLength >= oldLength);
    }

    private static string Canonical(string type) => type switch
    {
        "int" or "int4" => "integer",
        "int8" => "bigint",
        "int2" => "smallint",
        "bool" => "boolean",
        "timestamptz" => "timestamp with time zone",
        "timestamp" => "timestamp without time zone",
        "varchar" => "character varying",
        "decimal" => "numeric",
        "float8" => "double precision",
        "float4" => "real",
        _ => type,
    };

    private static bool IsSerial(string type) => type is "serial" or "serial2" or "serial4" or "serial8" or "smallserial" or "bigserial";

    private static bool IsTimestampWithoutTimeZone(string type) =>
        type.StartsWith("timestamp", StringComparison.Ordinal) && !type.StartsWith("timestamptz", StringComparison.Ordinal) && !type.EndsWith("with time zone", StringComparison.Ordinal);

    private static int? LengthOf(string type, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (type.StartsWith(name, StringComparison.Ordinal) && int.TryParse(type.AsSpan(name.Length).TrimEnd("[]").TrimEnd(')'), CultureInfo.InvariantCulture, out int length))
            {
                return length;
            }
        }

        return null;
    }
}
