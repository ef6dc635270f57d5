using Microsoft.Extensions.Time.Testing;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class MigrationCreatorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MigrationCreator _creator = new(new FakeTimeProvider(new DateTimeOffset(2026, 11, 22, 23, 59, 59, TimeSpan.FromHours(2))));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null, "20261122215959")]
    [InlineData("20250101000000", "20261122215959")]
    [InlineData("001", "20261122215959")]
    [InlineData("20261122215959", "20261122220000")]
    [InlineData("20991231235959", "21000101000000")]
    [InlineData("3", "4")]
    [InlineData("9", "91")]
    [InlineData("20269999", "20270000")]
    public void A_new_version_is_the_time_in_UTC_and_always_after_the_newest(string? newest, string expected)
    {
        if (newest is not null)
        {
            _folder.Write($"{newest}_old.sql", "");
        }

        MigrationFile file = _creator.Plan(_folder.Path, "add_grades", withDown: false);

        Assert.Equal(expected, file.Version);
        Assert.Equal(Path.Combine(_folder.Path, $"{expected}_add_grades.sql"), file.Path);
        Assert.True(string.CompareOrdinal(file.Version, newest) > 0);
    }

    [Fact]
    public async Task A_created_pair_is_found_again_and_can_be_run_as_it_is()
    {
        MigrationFile file = _creator.Plan(_folder.Path, "add grades", withDown: true);
        await MigrationCreator.CreateAsync(file, default);

        Assert.Equal(file, Assert.Single(MigrationFolder.Read(_folder.Path, new CollectingSink())));
        Assert.Equal(ScriptMode.OneTransaction, (await SqlScript.ReadAsync(file.Path, default)).Mode);
        Assert.EndsWith("\n", await File.ReadAllTextAsync(file.DownPath!), StringComparison.Ordinal);
    }
}
