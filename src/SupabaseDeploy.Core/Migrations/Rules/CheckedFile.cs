using SupabaseDeploy.Migrations.Rules.Reading;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations.Rules;

/// <summary>Where something is written.</summary>
/// <param name="File">Number of the file, from 0.</param>
/// <param name="Statement">Number of the statement in it, from 0.</param>
/// <param name="Offset">Offset in the file, in UTF-16 units.</param>
internal readonly record struct Origin(int File, int Statement, int Offset);

/// <summary>A file with its statements.</summary>
internal sealed class CheckedFile(RuleFile file, int number)
{
    public int Number => number;

    public string Text => file.Text;

    public IReadOnlyList<SqlStatement> Statements { get; } = [.. SqlSplitter.Split(file.Text)];

    /// <summary>The changes in order, each with the number of its statement.</summary>
    public IEnumerable<(int Statement, SchemaChange Change)> Changes()
    {
        int index = 0;
        foreach ((SqlStatement statement, SchemaChange change) in FileChanges.Read(file, Statements))
        {
            while (!ReferenceEquals(Statements[index], statement))
            {
                index++;
            }

            yield return (index, change);
        }
    }

    /// <summary>Findings in the order of the file, with line and column.</summary>
    public IEnumerable<RuleFinding> Locate(IEnumerable<(Origin Origin, Breach Breach)> found)
    {
        var place = new TextPlace(file.Text);
        foreach ((Origin origin, Breach breach) in found.OrderBy(pair => pair.Origin.Offset).ThenBy(pair => pair.Breach.Rule.Id, StringComparer.Ordinal))
        {
            place.MoveTo(origin.Offset);
            yield return new RuleFinding
            {
                Rule = breach.Rule,
                File = file.Path,
                Statement = origin.Statement,
                Line = place.Line,
                Column = place.Column,
                Object = breach.Object,
                Message = breach.Message,
                Remedy = breach.Remedy,
            };
        }
    }
}
