using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Backups;

public sealed class BackupStoreTests : IDisposable
{
    private const string First = "20261122-234512-0a1b";
    private const string Second = "20261122-234600-ffff";

    private readonly TemporaryFolder _folder = new();
    private readonly BackupStore _store;

    public BackupStoreTests() => _store = new BackupStore(BackupSample.Environment(_folder.Path));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Backups_are_listed_newest_first_and_found_by_id_or_as_latest()
    {
        await BackupSample.WriteAsync(_store, First);
        await BackupSample.WriteAsync(_store, Second);

        Assert.Equal([Second, First], _store.List(NullProgressSink.Instance).Select(backup => backup.Id));
        Assert.Equal(Second, _store.Find("Latest").Id);
        DeploymentBackup found = _store.Find(First);
        Assert.Equal("Kürse", Assert.Single(found.Manifest.Tables).Name);
        Assert.Equal(12, found.Rows);
        Assert.Equal("20261101120000", found.MigrationVersion);
        Assert.Equal(TimeSpan.FromSeconds(4), found.Duration);
        Assert.False(found.IsProven);
    }

    [Theory]
    [InlineData("latest", "Environment 'production' has no backup in '*'.", "Take one with 'Backup-Deployment production'.")]
    [InlineData("../../etc", "Environment 'production' has no backup '../../etc' in '*'.", "See 'Get-DeploymentBackup production' for those it has.")]
    public void A_backup_that_is_not_there_is_refused_with_what_to_do(string id, string message, string remedy)
    {
        var error = Assert.Throws<DeployException>(() => _store.Find(id));

        Assert.Equal(ErrorTable.BackupNotFound, error.Code);
        Assert.Equal(message.Replace("*", _store.Folder, StringComparison.Ordinal), error.Message);
        Assert.Equal(remedy, error.Remedy);
    }

    [Fact]
    public async Task What_is_still_being_written_is_no_backup_and_what_a_killed_process_left_is_cleaned_up()
    {
        string abandoned = Path.Combine(_store.Folder, ".incoming-20261122-111111-dead");
        Directory.CreateDirectory(abandoned);
        await File.WriteAllTextAsync(Path.Combine(abandoned, "half"), "");
        using FolderClaim other = _store.BeginNew(DateTimeOffset.UnixEpoch, out _);

        using FolderClaim mine = _store.BeginNew(DateTimeOffset.UnixEpoch, out string id);

        Assert.StartsWith("19700101-000000-", id, StringComparison.Ordinal);
        Assert.False(Directory.Exists(abandoned));
        Assert.True(Directory.Exists(other.Path));
        Assert.Empty(_store.List(NullProgressSink.Instance));
    }

    [Fact]
    public void A_backup_that_was_given_up_leaves_nothing()
    {
        using (FolderClaim mine = _store.BeginNew(DateTimeOffset.UnixEpoch, out _))
        {
            mine.Delete();
        }

        Assert.Empty(Directory.GetFileSystemEntries(_store.Folder));
    }

    [Fact]
    public async Task A_manifest_that_was_changed_is_refused_and_left_out_of_the_list()
    {
        DeploymentBackup backup = await BackupSample.WriteAsync(_store, First);
        string manifest = Path.Combine(backup.Path, "manifest.json");
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace("12", "13", StringComparison.Ordinal));
        var sink = new CollectingSink();

        Assert.Empty(_store.List(sink));
        var error = Assert.Throws<DeployException>(() => _store.Find(First));
        Assert.Equal($"The backup's manifest '{manifest}' cannot be used: its SHA-256 is not the one beside it.", error.Message);
        Assert.Equal(error.Message, Assert.IsType<Caution>(Assert.Single(sink.Events)).Message);
    }

    [Fact]
    public async Task Every_damaged_file_is_named_with_what_is_wrong_with_it()
    {
        DeploymentBackup backup = await BackupSample.WriteAsync(_store, First);
        string folder = backup.Path;
        foreach (string name in (string[])["corrupt", "grown", "missing", "short"])
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name), "0123456789");
        }

        backup = backup with { Manifest = backup.Manifest with { Files = await BackupFiles.MeasureAsync(folder, CancellationToken.None) } };
        await File.WriteAllTextAsync(Path.Combine(folder, "corrupt"), "0123456780");
        await File.WriteAllTextAsync(Path.Combine(folder, "grown"), "0123456789A");
        File.Delete(Path.Combine(folder, "missing"));
        await File.WriteAllTextAsync(Path.Combine(folder, "short"), "0123");
        await File.WriteAllTextAsync(Path.Combine(folder, "dump", "extra"), "");

        IReadOnlyList<BackupDefect> defects = await BackupFiles.FindDefectsAsync(backup, CancellationToken.None);

        Assert.Equal(
            [
                "'corrupt' is corrupted: its SHA-256 is 387861473bde… instead of 84d89877f0d4…",
                "'dump/extra' does not belong to the backup",
                "'grown' has grown: 11 instead of 10 bytes",
                "'missing' is missing",
                "'short' is truncated: 4 of 10 bytes",
            ],
            defects.Select(defect => defect.ToString()));
        var error = await Assert.ThrowsAsync<DeployException>(() => BackupFiles.EnsureIntactAsync(backup, CancellationToken.None));
        Assert.Equal(ErrorTable.BackupDamaged, error.Code);
    }

    [Fact]
    public async Task A_manifest_cannot_point_outside_its_folder_and_a_link_is_not_followed()
    {
        string outside = _folder.Write("outside", "0123456789");
        DeploymentBackup backup = await BackupSample.WriteAsync(_store, First);
        var digest = new BackupFile("../../../outside", 10, "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882");
        File.CreateSymbolicLink(Path.Combine(backup.Path, "link"), outside);
        backup = backup with { Manifest = backup.Manifest with { Files = [.. backup.Manifest.Files, digest, digest with { Path = "link" }] } };

        IReadOnlyList<BackupDefect> defects = await BackupFiles.FindDefectsAsync(backup, CancellationToken.None);

        Assert.Equal(["'../../../outside' is missing", "'link' is a link, not a file"], defects.Select(defect => defect.ToString()));
    }

    [Fact]
    public async Task The_last_drill_is_kept_beside_the_backup_and_is_no_part_of_it()
    {
        DeploymentBackup backup = await BackupSample.WriteAsync(_store, First);
        var drill = new DrillRecord
        {
            Succeeded = true,
            StartedAt = DateTimeOffset.UnixEpoch,
            Rpo = TimeSpan.FromMinutes(5),
            Rto = TimeSpan.FromSeconds(3),
            Message = "Restored.",
            Checks = [new DrillCheck("rows", true, "12 rows")],
        };

        await _store.WriteDrillAsync(backup, drill, CancellationToken.None);

        DeploymentBackup found = _store.Find(First);
        Assert.True(found.IsProven);
        Assert.Equal(drill.Rpo, found.LastDrill!.Rpo);
        Assert.Equal("Passed 1970-01-01 00:00Z", found.LastDrill.ToString());
        Assert.Empty(await BackupFiles.FindDefectsAsync(found, CancellationToken.None));
    }

    [Fact]
    public void Databases_of_one_name_on_two_servers_and_strange_names_have_folders_of_their_own()
    {
        Assert.Equal("postgres@a.example_5432", Folder("postgres", "a.example"));
        Assert.Equal("postgres@b.example_5432", Folder("postgres", "b.example"));
        Assert.Equal("%2E.%2Fx@h_5432", Folder("../x", "h"));
    }

    private string Folder(string database, string host) =>
        Path.GetFileName(new BackupStore(DeploymentEnvironment.ForDatabase(new DatabaseAddress { Host = host, Database = database, User = "u" }, _folder.Path)).Folder);
}
