namespace SupabaseDeploy.Migrations;

/// <summary>Which of several files of one version the version belongs to.</summary>
internal static class VersionOwner
{
    /// <summary>The file that was applied, by its statements and its name; the first by name when none was.</summary>
    public static MigrationFile Of(IReadOnlyCollection<MigrationFile> files, IReadOnlyList<AppliedFile> all)
    {
        if (files.Count == 1)
        {
            return files.First();
        }

        AppliedFile[] applied = [.. all.Where(file => files.Contains(file.File))];
        AppliedFile? best = applied.FirstOrDefault(file => file is { Content: MigrationContent.Same, HasOtherName: false })
            ?? applied.FirstOrDefault(file => file.Content is MigrationContent.Same or MigrationContent.CommentsEdited)
            ?? applied.FirstOrDefault(file => !file.HasOtherName);
        return best?.File ?? files.First();
    }
}
