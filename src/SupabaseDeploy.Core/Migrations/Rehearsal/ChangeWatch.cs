using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>Looks after each statement at what is different from before it: locks, files, scans, objects, privileges.</summary>
internal sealed class ChangeWatch(RehearsalSession session, KnownRelations known)
{
    private readonly HashSet<(uint Class, uint Object)> _created = [];
    private readonly uint[] _withRows = [.. known.All.Where(relation => relation.HasRows).Select(relation => relation.Oid)];
    private Dictionary<uint, LockMode> _held = [];
    private Dictionary<uint, RelationCounter> _counters = [];
    private SecurityState? _security;
    private SecurityScope? _scope;

    /// <summary>A transaction has begun in the session at work.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _held = await session.Locks.ReadAsync(cancellationToken).ConfigureAwait(false);
        _counters = await RelationCounters.ReadAsync(session.Working, _withRows, cancellationToken).ConfigureAwait(false);
        _security = null;
    }

    /// <summary>A statement is about to run outside of any transaction.</summary>
    public async Task StartOutsideAsync(CancellationToken cancellationToken)
    {
        await RelationCounters.FlushAsync(session.Working, cancellationToken).ConfigureAwait(false);
        _held = [];
        _counters = await RelationCounters.ReadCommittedAsync(session.Observer, _withRows, cancellationToken).ConfigureAwait(false);
        _security = null;
    }

    /// <summary>Reads what can only be told from a difference, when the statement may make one.</summary>
    public async Task PrepareAsync(SqlStatement statement, CancellationToken cancellationToken)
    {
        if (!SecurityState.MayChange(statement))
        {
            _security = null; // It may create objects, which the next difference must not show.
            return;
        }

        SecurityScope? scope = SecurityScope.Of(statement);
        if (scope is not null || _scope is not null)
        {
            _security = null;
        }

        _scope = scope;
        _security ??= await SecurityState.ReadAsync(session.Working, scope, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What the statement that just ran in the open transaction has done.</summary>
    public async Task<StatementObservation> LookAsync(SqlStatement statement, CancellationToken cancellationToken)
    {
        Dictionary<uint, LockMode> held = await session.Locks.ReadAsync(cancellationToken).ConfigureAwait(false);
        uint[] concerned = [.. held.Keys.Where(relation => known.Find(relation) is { HasRows: true })];
        Dictionary<uint, RelationCounter> counters = await RelationCounters.ReadAsync(session.Working, concerned, cancellationToken).ConfigureAwait(false);
        return await DescribeAsync(statement, held, counters, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What the statement that just ran outside of any transaction has done; <paramref name="seen"/> are the locks it was seen with.</summary>
    public async Task<StatementObservation> LookOutsideAsync(SqlStatement statement, Dictionary<uint, LockMode> seen, CancellationToken cancellationToken)
    {
        await RelationCounters.FlushAsync(session.Working, cancellationToken).ConfigureAwait(false);
        Dictionary<uint, RelationCounter> counters = await RelationCounters.ReadCommittedAsync(session.Observer, _withRows, cancellationToken).ConfigureAwait(false);

        // An index is locked at the very end, when nobody uses it any more, and not always long enough to be seen.
        var tables = seen.Where(pair => known.Find(pair.Key) is { IsIndex: false }).ToDictionary();
        return await DescribeAsync(statement, tables, counters, cancellationToken).ConfigureAwait(false);
    }

    private async Task<StatementObservation> DescribeAsync(
        SqlStatement statement, Dictionary<uint, LockMode> held, Dictionary<uint, RelationCounter> counters, CancellationToken cancellationToken)
    {
        IReadOnlyList<ToldEvent> told = session.TakeTold();
        var observation = new StatementObservation
        {
            Statement = statement,
            Duration = TimeSpan.Zero,
            Transaction = 0,
            Locks = [.. NewLocks(held)],
            Work = [.. Work(statement, told, counters)],
            Drops = [.. Drops(told)],
            SecurityChanges = await SecurityChangesAsync(cancellationToken).ConfigureAwait(false),
        };
        _held = held;
        foreach ((uint relation, RelationCounter counter) in counters)
        {
            _counters[relation] = counter;
        }

        return observation;
    }

    private IEnumerable<ObservedLock> NewLocks(Dictionary<uint, LockMode> held) =>
        from pair in held
        let relation = known.Find(pair.Key)
        where relation is not null && pair.Value > _held.GetValueOrDefault(pair.Key) && !IsCoveredByTable(relation, pair.Value, held)
        orderby pair.Value descending, relation.Name
        select new ObservedLock { Relation = relation.Name, RelationKind = relation.KindWord, Mode = pair.Value };

    // Whoever reads or writes a table takes a weak lock on each of its indexes; the table's own lock says it all.
    private static bool IsCoveredByTable(KnownRelation relation, LockMode mode, Dictionary<uint, LockMode> held) =>
        relation.IsIndex && (mode < LockMode.Share || held.GetValueOrDefault(relation.TableOid) >= mode);

    private IEnumerable<RelationWork> Work(SqlStatement statement, IReadOnlyList<ToldEvent> told, Dictionary<uint, RelationCounter> counters)
    {
        HashSet<uint> rewritten = [.. told.OfType<ToldRewrite>().Select(rewrite => rewrite.Relation)];
        foreach ((uint oid, RelationCounter now) in counters.OrderBy(pair => known.Find(pair.Key)!.Name, StringComparer.Ordinal))
        {
            KnownRelation relation = known.Find(oid)!;
            RelationCounter before = _counters.GetValueOrDefault(oid, now);
            RelationWorkKind? kind = rewritten.Contains(oid) || (now.FileNode != before.FileNode && KeepsRows(statement, relation)) ? RelationWorkKind.Rewrite
                : now.FileNode != before.FileNode ? RelationWorkKind.Truncate
                : now.Scans == before.Scans ? null
                : now.NewestIndex > before.NewestIndex ? RelationWorkKind.IndexBuild
                : RelationWorkKind.Scan;
            if (kind is { } seen)
            {
                yield return new RelationWork { Kind = seen, Relation = relation.Name };
            }
        }
    }

    // The server fires no event for these, and gives the table a new file as TRUNCATE does.
    private static bool KeepsRows(SqlStatement statement, KnownRelation relation) =>
        relation.Kind == 'm' || statement.Words().Any(word => word is "CLUSTER" or "VACUUM" or "TABLESPACE");

    private IEnumerable<DroppedObject> Drops(IReadOnlyList<ToldEvent> told)
    {
        _created.UnionWith(told.OfType<ToldCommand>()
            .Where(command => command.Tag.StartsWith("CREATE ", StringComparison.Ordinal))
            .Select(command => (command.Class, command.Object)));
        ToldDrop[] drops = [.. told.OfType<ToldDrop>()];
        string[] tables = [.. drops.Where(drop => drop.Kind is "table" or "view" or "materialized view" or "foreign table").Select(drop => " on " + drop.Name)];
        return
            from drop in drops
            where drop.Kind != "default value" && !_created.Contains((drop.Class, drop.Object)) && !known.IsNew(drop)
                && (drop.IsNamed || !tables.Any(table => drop.Name.EndsWith(table, StringComparison.Ordinal)))
            select new DroppedObject { Kind = drop.Kind, Name = drop.Name, IsCascaded = !drop.IsNamed, Relation = known.DataOf(drop)?.Name };
    }

    private async Task<IReadOnlyList<string>> SecurityChangesAsync(CancellationToken cancellationToken)
    {
        if (_security is null)
        {
            return [];
        }

        SecurityState now = await SecurityState.ReadAsync(session.Working, _scope, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> changes = _security.ChangesTo(now);
        _security = now;
        return changes;
    }
}
