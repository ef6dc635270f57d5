namespace SupabaseDeploy.Migrations;

/// <summary>What the statements in the history say about a file. They are the evidence: the history has no checksum.</summary>
public enum MigrationContent
{
    /// <summary>There is nothing to compare: not applied, no file, or a row without statements, as old versions of the CLI wrote it.</summary>
    Unknown,

    /// <summary>The file holds the statements that were applied.</summary>
    Same,

    /// <summary>Only comments or white space differ from what was applied, so that the database would be the same.</summary>
    CommentsEdited,

    /// <summary>The file holds other statements than those that were applied.</summary>
    Edited,
}

/// <summary>One statement that is not the same in a file as in the history.</summary>
/// <param name="Number">Which statement of the file, from 1; for one that the file lacks, the one it would stand before.</param>
/// <param name="Recorded">As it was applied; null when the file has one more.</param>
/// <param name="InFile">As the file has it now; null when the file lacks it.</param>
public sealed record StatementChange(int Number, string? Recorded, string? InFile)
{
    /// <summary>The lines of both, marked <c>-</c> (applied) and <c>+</c> (in the file).</summary>
    public override string ToString() => string.Join('\n', [$"@@ statement {Number} @@", .. Marked('-', Recorded), .. Marked('+', InFile)]);

    private static IEnumerable<string> Marked(char mark, string? text) =>
        text is null ? [] : text.ReplaceLineEndings("\n").Split('\n').Select(line => $"{mark} {line}");
}
