using SupabaseDeploy.Migrations.Rules.Reading;

namespace SupabaseDeploy.Migrations.Rules;

/// <summary>Names something whose statement is looked for in the files.</summary>
/// <param name="Text">Kind and name.</param>
/// <param name="Name">The bare name, to look for in text that is executed as a string.</param>
internal readonly record struct ObjectKey(string Text, string Name)
{
    public static ObjectKey Table(SqlName table) => new($"table {table}", table.Name);

    public static ObjectKey RowSecurity(SqlName table) => new($"row security {table}", table.Name);

    public static ObjectKey Policy(SqlName table, string policy) => new($"policy {table} {policy}", policy);

    public static ObjectKey ForeignKey(SqlName table, IReadOnlyList<string> columns) => new($"foreign key {table} {string.Join(',', columns)}", table.Name);

    public static ObjectKey Function(SqlName function) => new($"function {function}", function.Name);

    public static ObjectKey View(SqlName view) => new($"view {view}", view.Name);

    public static ObjectKey Extension(string extension) => new($"extension {extension}", extension);

    /// <summary>What a change makes or changes, each with where it is written.</summary>
    public static IEnumerable<(ObjectKey Key, int Offset)> Of(SchemaChange change) => change switch
    {
        CreateTable table =>
        [
            (Table(table.Table), table.Offset),
            (RowSecurity(table.Table), table.Offset),
            .. table.Columns.Where(column => column.References is not null).Select(column => (ForeignKey(table.Table, [column.Name]), column.Offset)),
            .. table.Constraints.Where(constraint => constraint.Kind == ConstraintKind.ForeignKey).Select(constraint => (ForeignKey(table.Table, constraint.Columns), constraint.Offset)),
        ],
        AddColumn { Column.References: not null } add => [(ForeignKey(add.Table, [add.Column.Name]), add.Offset)],
        AddConstraint { Constraint.Kind: ConstraintKind.ForeignKey } add => [(ForeignKey(add.Table, add.Constraint.Columns), add.Offset)],
        SetRowSecurity security => [(RowSecurity(security.Table), security.Offset)],
        CreatePolicy policy => [(Policy(policy.Table, policy.Policy.Name), policy.Offset)],
        AlterPolicy policy => [(Policy(policy.Table, policy.Policy.Name), policy.Offset)],
        CreateFunction function => [(Function(function.Function), function.Offset)],
        AlterFunction function => [(Function(function.Function), function.Offset)],
        RenameFunction rename => [(Function(rename.To), rename.Offset)],
        CreateView view => [(View(view.View), view.Offset)],
        AlterView view => [(View(view.View), view.Offset)],
        CreateExtension extension => [(Extension(extension.Extension), extension.Offset)],
        RenameTable rename => [(Table(rename.To), rename.Offset), (RowSecurity(rename.To), rename.Offset)],
        _ => [],
    };
}
