using DbUpScript = DbUp.Engine.SqlScript;
using IScriptProvider = DbUp.Engine.IScriptProvider;
using DbUp.Engine.Transactions;

namespace SupabaseDeploy.Migrations.Upgrade;

/// <summary>
/// Gives DbUp one script a file, named by its version. Their text is empty: DbUp keeps every script's text for as long as the script
/// lives, so the executor reads the file when its turn comes.
/// </summary>
internal sealed class FolderScriptProvider(IReadOnlyList<MigrationFile> files) : IScriptProvider
{
    public IEnumerable<DbUpScript> GetScripts(IConnectionManager connectionManager) => files.Select(file => new DbUpScript(file.Version, ""));
}
