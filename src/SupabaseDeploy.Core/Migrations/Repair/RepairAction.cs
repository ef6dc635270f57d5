namespace SupabaseDeploy.Migrations;

/// <summary>What a row of the history shall say.</summary>
public enum RepairStatus
{
    /// <summary>The migration is applied; nothing is run.</summary>
    Applied,

    /// <summary>The migration is not applied; nothing is undone.</summary>
    Reverted,
}

/// <summary>The kinds of repair. None of them runs a migration.</summary>
public enum RepairKind
{
    /// <summary>Writes the row of a file, with its name and statements, as if the file had been applied.</summary>
    MarkApplied,

    /// <summary>Takes a row away, as if the migration had never been applied.</summary>
    MarkReverted,

    /// <summary>Gives a row the name of its file.</summary>
    RenameRow,

    /// <summary>Writes name and statements of the file into a row that lacks them.</summary>
    CompleteRow,

    /// <summary>Gives a file, and its down script, a version later than every other.</summary>
    RenameFile,

    /// <summary>Writes the file of a row that has none, from the statements in the history.</summary>
    RestoreFile,
}

/// <summary>One repair of the history or of the folder.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Version">The version it is done to.</param>
/// <param name="Description">In words, as an imperative: <c>Rename '1_b.sql' to '20261101120000_b.sql', because …</c>.</param>
public sealed record RepairAction(RepairKind Kind, string Version, string Description)
{
    /// <summary>The file, absolute: the one that is read, renamed or written; null when there is none.</summary>
    public string? Path { get; init; }

    /// <summary>The file's new path, absolute, when it is renamed.</summary>
    public string? NewPath { get; init; }

    /// <summary>True when it changes the history, and not only the folder.</summary>
    public bool ChangesHistory => Kind is not (RepairKind.RenameFile or RepairKind.RestoreFile);

    /// <inheritdoc/>
    public override string ToString() => Description;

    /// <summary>True when the other is this action, planned at another time.</summary>
    internal bool IsSame(RepairAction other) => (Kind, Version, Path) == (other.Kind, other.Version, other.Path);
}
