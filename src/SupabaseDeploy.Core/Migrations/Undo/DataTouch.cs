namespace SupabaseDeploy.Migrations;

/// <summary>What a statement of a down script does to rows.</summary>
internal enum DataTouchKind
{
    /// <summary>A table goes, or all its rows.</summary>
    Table,

    /// <summary>A column goes.</summary>
    Column,

    /// <summary>A schema goes, with its tables.</summary>
    Schema,

    /// <summary>Rows may go or change; the text of the statement does not say which.</summary>
    Unknown,
}

/// <summary>One place where a down script may lose data.</summary>
/// <param name="Kind">What goes.</param>
/// <param name="Name">The table or schema as it is written; for an unknown one, what the statement is: <c>delete from</c>.</param>
/// <param name="Column">The column's name as the catalog has it; null for no column.</param>
/// <param name="Line">Line of the statement, from 1.</param>
internal sealed record DataTouch(DataTouchKind Kind, string Name, string? Column, int Line)
{
    /// <summary>What a shadow saw a script drop; null for what holds no data.</summary>
    public static DataTouch? Of(DroppedObject dropped)
    {
        if (dropped.Relation is not { } relation)
        {
            return null;
        }

        return dropped.Name.StartsWith(relation + ".", StringComparison.Ordinal)
            ? new DataTouch(DataTouchKind.Column, relation, DownScriptReader.Unquoted(dropped.Name[(relation.Length + 1)..]), 0)
            : new DataTouch(DataTouchKind.Table, relation, null, 0);
    }
}
