namespace SupabaseDeploy.Migrations;

/// <summary>Gives files versions later than every other, each its own.</summary>
internal sealed class LaterVersions(RepairState state)
{
    private string? _newest = state.Files.Select(file => file.Version).Concat(state.History.Select(row => row.Version)).Max(StringComparer.Ordinal);

    public RepairAction Rename(MigrationFile file, string because)
    {
        _newest = MigrationCreator.After(_newest!);
        string name = $"{_newest}_{file.Name}.sql";
        return new RepairAction(RepairKind.RenameFile, file.Version, $"Rename '{file.FileName}' to '{name}', because {because}")
        {
            Path = file.Path,
            NewPath = Path.Combine(Path.GetDirectoryName(file.Path)!, name),
        };
    }
}
