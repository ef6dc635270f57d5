namespace SupabaseDeploy.Migrations;

/// <summary>
/// Files that were read and judged before the first one runs. Small ones are kept until their turn, so that nothing is read twice; together
/// they are never more than a few megabytes, however many there are.
/// </summary>
internal sealed class JudgedScripts
{
    private const int MostCharacters = 4 * 1024 * 1024;

    private readonly Dictionary<string, SqlScript> _kept = [];
    private int _characters;

    /// <exception cref="Errors.DeployException">The file cannot be run.</exception>
    public async Task JudgeAsync(string path, CancellationToken cancellationToken)
    {
        SqlScript script = await SqlScript.ReadMigrationAsync(path, cancellationToken).ConfigureAwait(false);
        if (_characters + script.Text.Length <= MostCharacters)
        {
            _kept[path] = script;
            _characters += script.Text.Length;
        }
    }

    /// <summary>The script, whose turn it is.</summary>
    public async Task<SqlScript> TakeAsync(string path, CancellationToken cancellationToken)
    {
        if (!_kept.Remove(path, out SqlScript? script))
        {
            return await SqlScript.ReadMigrationAsync(path, cancellationToken).ConfigureAwait(false);
        }

        _characters -= script.Text.Length;
        return script;
    }
}
