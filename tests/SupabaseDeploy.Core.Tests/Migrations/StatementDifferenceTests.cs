using FsCheck;
using FsCheck.Fluent;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class StatementDifferenceTests
{
    [Theory]
    [InlineData("a b c", "a b c", "")]
    [InlineData("a b c", "a x c", "2 b>x")]
    [InlineData("a b c", "a c", "2 b>")]
    [InlineData("a c", "a b c", "2 >b")]
    [InlineData("a b", "b a", "1 a>|2 >a")]
    [InlineData("a b c d", "x b y z d", "1 a>x|3 c>y|4 >z")]
    public void The_difference_is_the_statements_that_are_not_on_both_sides(string recorded, string inFile, string expected) =>
        Assert.Equal(
            expected,
            string.Join('|', StatementDifference.Between(recorded.Split(' '), inFile.Split(' ')).Select(change => $"{change.Number} {change.Recorded}>{change.InFile}")));

    [Fact]
    public void Everything_that_differs_is_in_the_difference()
    {
        Gen<string[]> statements = Gen.Elements("a", "b", "c").ListOf().Select(list => list.ToArray());
        Prop.ForAll(
            statements.ToArbitrary(),
            statements.ToArbitrary(),
            (recorded, inFile) =>
            {
                IReadOnlyList<StatementChange> changes = StatementDifference.Between(recorded, inFile);
                Assert.Equal(inFile.Length - recorded.Length, changes.Count(change => change.Recorded is null) - changes.Count(change => change.InFile is null));
                Assert.Equal(recorded.SequenceEqual(inFile), changes.Count == 0);
                Assert.All(changes.Where(change => change.InFile is not null), change => Assert.Equal(inFile[change.Number - 1], change.InFile));
            }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("select 1", "select 1", MigrationContent.Same)]
    [InlineData("select 1", "select  1", MigrationContent.CommentsEdited)]
    [InlineData("select 1", "-- a\nselect /* b */ 1", MigrationContent.CommentsEdited)]
    [InlineData("select 'a -- b'", "select 'a'", MigrationContent.Edited)]
    [InlineData("select $$ /* a */ $$", "select $$  $$", MigrationContent.Edited)]
    [InlineData("select 1", "SELECT 1", MigrationContent.Edited)]
    public void Comments_and_white_space_count_only_inside_strings(string recorded, string inFile, MigrationContent expected) =>
        Assert.Equal(expected, StatementDifference.Compare([recorded], [inFile]));
}
