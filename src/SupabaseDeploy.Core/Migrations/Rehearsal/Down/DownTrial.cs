using SupabaseDeploy.Events;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres.Catalog;

namespace SupabaseDeploy.Migrations;

/// <summary>How a trial of one down script came out.</summary>
internal sealed record TrialResult(DownOutcome Outcome, string Message)
{
    public IReadOnlyList<string> Differences { get; init; } = [];

    public IReadOnlyList<string> LostData { get; init; } = [];

    public IReadOnlyList<DroppedObject> Drops { get; init; } = [];

    public IReadOnlyList<string> WithoutRows { get; init; } = [];
}

/// <summary>A shadow database that goes through the files, forwards, and tries the down scripts that are asked for on the way.</summary>
internal sealed class DownTrial(ShadowDatabases shadows, IReadOnlyList<MigrationFile> files, TimeProvider time, IProgressSink sink) : IAsyncDisposable
{
    private ShadowDatabase? _shadow;
    private RehearsalSession? _session;
    private int _applied;

    public IReadOnlyList<MigrationFile> Files => files;

    /// <summary>Tries the down script of a file, which has one.</summary>
    public async Task<TrialResult> RunAsync(int index, CancellationToken cancellationToken)
    {
        MigrationFile file = files[index];
        await MoveToAsync(index, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> withoutRows = await SyntheticRows.InsertAsync(_session!.Administration, cancellationToken).ConfigureAwait(false);
        DatabaseState start = await DatabaseState.ReadAsync(_session.Observer, cancellationToken).ConfigureAwait(false);
        FileObservation up = await RunAsync(file, file.Path, cancellationToken).ConfigureAwait(false);
        if (up.Failure is not null)
        {
            // The rows are made up: a check that real ones pass may not hold for them. Without rows the catalog is proven all the same.
            withoutRows = [$"every table, because the migration refuses the rows that were made up: {FirstLine(up.Failure)}"];
            await CloseAsync().ConfigureAwait(false);
            await MoveToAsync(index, cancellationToken).ConfigureAwait(false);
            start = await DatabaseState.ReadAsync(_session!.Observer, cancellationToken).ConfigureAwait(false);
            up = await RunAsync(file, file.Path, cancellationToken).ConfigureAwait(false);
        }

        TrialResult result = up.Failure is null
            ? await TakeBackAsync(file, start, cancellationToken).ConfigureAwait(false)
            : new TrialResult(DownOutcome.Failed, $"The migration itself fails: {FirstLine(up.Failure)}");
        _applied = index + 1;
        if (result.Outcome != DownOutcome.Proven)
        {
            await CloseAsync().ConfigureAwait(false);
        }

        return result with { WithoutRows = withoutRows };
    }

    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    /// <summary>Down and up again, and what is different from before.</summary>
    private async Task<TrialResult> TakeBackAsync(MigrationFile file, DatabaseState start, CancellationToken cancellationToken)
    {
        string downName = $"down/{file.FileName}";
        DatabaseCatalog up = await CatalogReader.ReadAsync(_session!.Observer, cancellationToken).ConfigureAwait(false);
        FileObservation down = await RunAsync(file, file.DownPath!, cancellationToken).ConfigureAwait(false);
        DroppedObject[] drops = [.. down.Statements.SelectMany(statement => statement.Drops)];
        if (down.Failure is not null)
        {
            return new TrialResult(DownOutcome.Failed, $"'{downName}' does not take '{file.FileName}' back: {FirstLine(down.Failure)}") { Drops = drops };
        }

        DatabaseState back = await DatabaseState.ReadAsync(_session.Observer, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> lost = start.LostIn(back);
        string[] differences = Differences(start.Catalog, back.Catalog, "after it");
        if (differences.Length == 0)
        {
            FileObservation again = await RunAsync(file, file.Path, cancellationToken).ConfigureAwait(false);
            if (again.Failure is not null)
            {
                return new TrialResult(DownOutcome.Failed, $"'{file.FileName}' cannot be applied again after '{downName}': {FirstLine(again.Failure)}") { LostData = lost, Drops = drops };
            }

            DatabaseCatalog twice = await CatalogReader.ReadAsync(_session.Observer, cancellationToken).ConfigureAwait(false);
            differences = Differences(up, twice, "the second time");
        }

        (DownOutcome outcome, string message) = (differences.Length, lost.Count) switch
        {
            (> 0, _) => (DownOutcome.Differs, $"'{downName}' does not restore the schema: {string.Join("; ", differences)}."),
            (_, > 0) => (DownOutcome.LosesData, $"'{downName}' restores the schema and not the data: {string.Join("; ", lost)}."),
            _ => (DownOutcome.Proven, $"'{downName}' takes '{file.FileName}' back, and it can be applied again."),
        };
        return new TrialResult(outcome, message) { Differences = differences, LostData = lost, Drops = drops };
    }

    private async Task MoveToAsync(int index, CancellationToken cancellationToken)
    {
        if (_session is null)
        {
            _shadow = await shadows.OpenAsync([.. files.Take(index)], sink, cancellationToken).ConfigureAwait(false);
            _session = await RehearsalSession.OpenAsync(_shadow.Application, _shadow.Administration, sink, cancellationToken).ConfigureAwait(false);
            _applied = index;
            return;
        }

        for (; _applied < index; _applied++)
        {
            FileObservation passed = await RunAsync(files[_applied], files[_applied].Path, cancellationToken).ConfigureAwait(false);
            if (passed.Failure is not null)
            {
                // Made-up rows again, of an earlier proof.
                await CloseAsync().ConfigureAwait(false);
                await MoveToAsync(index, cancellationToken).ConfigureAwait(false);
                return;
            }
        }
    }

    private async Task<FileObservation> RunAsync(MigrationFile file, string path, CancellationToken cancellationToken)
    {
        SqlScript script = await (path == file.Path ? SqlScript.ReadMigrationAsync(path, cancellationToken) : SqlScript.ReadAsync(path, cancellationToken)).ConfigureAwait(false);
        return await FileRehearsal.RunAsync(_session!, file, script, time, cancellationToken).ConfigureAwait(false);
    }

    private async Task CloseAsync()
    {
        if (_session is not null)
        {
            await _session.DisposeAsync().ConfigureAwait(false);
            _session = null;
        }

        if (_shadow is not null)
        {
            await _shadow.DisposeAsync().ConfigureAwait(false);
            _shadow = null;
        }
    }

    // A column that was dropped can only come back as the last one: PostgreSQL has no way to put it where it was.
    private static string[] Differences(DatabaseCatalog expected, DatabaseCatalog found, string when) =>
    [
        .. DatabaseCatalog.Compare(expected, found).Where(difference => difference.Kind != CatalogKind.ColumnOrder)
            .Select(difference => $"{difference} {(difference.Left is null ? "is there" : difference.Right is null ? "is missing" : "is another")} {when}"),
    ];

    private static string FirstLine(DeployException failure) => failure.Message.Split('\n')[0];
}
