using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class MigrationFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CollectingSink _sink = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Versions_are_ordered_as_text()
    {
        foreach (string name in (string[])["10_c.sql", "1_b.sql", "002_a.sql", "20260101000000_größe mit raum@x.sql.sql"])
        {
            _folder.Write(name, "");
        }

        IReadOnlyList<MigrationFile> files = MigrationFolder.Read(_folder.Path, _sink);

        Assert.Equal(["002", "1", "10", "20260101000000"], files.Select(file => file.Version));
        Assert.Equal("größe mit raum@x.sql", files[3].Name);
        Assert.Empty(_sink.Events);
    }

    [Fact]
    public void Other_names_are_skipped_with_a_notice_and_subfolders_are_not_read()
    {
        _folder.Write("1_a.sql", "");
        _folder.Write("seed.sql", "");
        _folder.Write("readme.md", "");
        _folder.Write("old/2_b.sql", "");

        Assert.Equal("1", Assert.Single(MigrationFolder.Read(_folder.Path, _sink)).Version);
        Assert.Contains("'seed.sql'", Assert.IsType<Notice>(Assert.Single(_sink.Events)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_down_script_is_found_by_the_same_name_in_its_own_folder()
    {
        _folder.Write("1_a.sql", "");
        _folder.Write("2_b.sql", "");
        string down = _folder.Write("down/2_b.sql", "");

        Assert.Equal([null, down], MigrationFolder.Read(_folder.Path, _sink).Select(file => file.DownPath));
    }

    [Fact]
    public void Two_files_of_one_version_are_refused_by_both_names()
    {
        _folder.Write("1_a.sql", "");
        _folder.Write("1_b.sql", "");

        DeployException e = Assert.Throws<DeployException>(() => MigrationFolder.Read(_folder.Path, _sink));

        Assert.Equal(ErrorTable.DuplicateMigrationVersion, e.Code);
        Assert.Equal("Version '1' is used by two files: '1_a.sql' and '1_b.sql'.", e.Message);
    }

    [Theory]
    [InlineData("20210101000000_init.sql", true)]
    [InlineData("20211209000000_init.sql", false)]
    [InlineData("20210101000000_initial.sql", false)]
    public void The_dump_of_an_old_CLI_is_skipped_as_the_CLI_does(string name, bool isSkipped)
    {
        _folder.Write(name, "");
        _folder.Write("20230101000000_a.sql", "");

        Assert.Equal(isSkipped ? 1 : 2, MigrationFolder.Read(_folder.Path, _sink).Count);
        Assert.Equal(isSkipped, _sink.Events.Any());

        // The CLI looks only at the first entry of the folder.
        _folder.Write(".gitkeep", "");
        Assert.Equal(2, MigrationFolder.Read(_folder.Path, _sink).Count);
    }

    [Fact]
    public void Ten_thousand_files_are_read_in_order()
    {
        foreach (int number in Enumerable.Range(0, 10_000))
        {
            File.Create(Path.Combine(_folder.Path, $"{number:00000}_x.sql")).Dispose();
        }

        IReadOnlyList<MigrationFile> files = MigrationFolder.Read(_folder.Path, _sink);

        Assert.Equal((10_000, "00000", "09999"), (files.Count, files[0].Version, files[^1].Version));
    }

    [Fact]
    public void A_missing_folder_is_named()
    {
        DeployException e = Assert.Throws<DeployException>(() => MigrationFolder.Read(Path.Combine(_folder.Path, "none"), _sink));

        Assert.Equal(ErrorTable.MigrationsFolderNotFound, e.Code);
    }

    [Fact]
    public async Task A_file_that_is_not_UTF_8_is_refused_with_the_place_of_the_byte()
    {
        string path = Path.Combine(_folder.Path, "1_a.sql");
        await File.WriteAllBytesAsync(path, [0xEF, 0xBB, 0xBF, .. "select 1;\n-- "u8, 0xE4, 0x20]);

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => SqlScript.ReadAsync(path, default));

        Assert.Equal(ErrorTable.SqlFileNotUtf8, e.Code);
        Assert.Contains("byte 16 (0xe4) in line 2", e.Message, StringComparison.Ordinal);
    }
}
