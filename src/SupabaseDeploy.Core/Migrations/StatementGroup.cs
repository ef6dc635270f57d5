namespace SupabaseDeploy.Migrations;

/// <summary>Who opens the transaction of a group.</summary>
internal enum GroupKind
{
    /// <summary>We do.</summary>
    Ours,

    /// <summary>The file does, and commits it.</summary>
    Own,

    /// <summary>Nobody: its statements run each on its own.</summary>
    Alone,
}

/// <summary>Statements of a file that follow each other and are kept or lost together, unless they run each alone.</summary>
/// <param name="Kind">Who opens the transaction.</param>
/// <param name="First">Index of the first statement; settings and comments before a transaction are part of its group.</param>
/// <param name="End">Index behind the last one.</param>
internal sealed record StatementGroup(GroupKind Kind, int First, int End)
{
    /// <summary>
    /// The groups of a file that opens transactions and commits all of them: each of them, what stands between them, and each statement
    /// that cannot run in a transaction. Together they are all the statements.
    /// </summary>
    public static IReadOnlyList<StatementGroup> Of(IReadOnlyList<StatementRole> roles)
    {
        var groups = new List<StatementGroup>();
        bool isOpen = false;
        bool hasWork = false;
        int first = 0;
        for (int i = 0; i < roles.Count; i++)
        {
            if (roles[i] is StatementRole.Begin or StatementRole.OutsideTransaction && hasWork)
            {
                groups.Add(new StatementGroup(GroupKind.Ours, first, i));
                (first, hasWork) = (i, false);
            }

            isOpen |= roles[i] == StatementRole.Begin;
            hasWork |= !isOpen && roles[i] == StatementRole.Ordinary;
            if (roles[i] is StatementRole.Commit or StatementRole.OutsideTransaction)
            {
                groups.Add(new StatementGroup(isOpen ? GroupKind.Own : GroupKind.Alone, first, i + 1));
                (first, isOpen) = (i + 1, false);
            }
        }

        if (hasWork)
        {
            groups.Add(new StatementGroup(GroupKind.Ours, first, roles.Count));
        }
        else
        {
            groups[^1] = groups[^1] with { End = roles.Count };
        }

        return groups;
    }
}
