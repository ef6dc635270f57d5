using System.Data;
using DbUp.Engine.Output;
using DbUp.Engine.Transactions;
using Npgsql;
using SupabaseDeploy.Postgres;
using DbUpScript = DbUp.Engine.SqlScript;

namespace SupabaseDeploy.Migrations.Upgrade;

/// <summary>Gives DbUp the connection that the runner opened and will close. DbUp opens no transaction: each script has its own.</summary>
internal sealed class OneConnection(NpgsqlConnection connection) : IConnectionManager
{
    public TransactionMode TransactionMode { get; set; } = TransactionMode.NoTransaction;

    public bool IsScriptOutputLogged { get; set; }

    public int? ExecutionTimeoutSeconds { get; set; }

    public IDisposable OperationStarting(IUpgradeLog upgradeLog, List<DbUpScript> executedScripts) => new Operation();

    public void ExecuteCommandsWithManagedConnection(Action<Func<IDbCommand>> action) => action(connection.CreateCommand);

    public T ExecuteCommandsWithManagedConnection<T>(Func<Func<IDbCommand>, T> actionWithResult) => actionWithResult(connection.CreateCommand);

    public IEnumerable<string> SplitScriptIntoCommands(string scriptContents) => SqlSplitter.Split(scriptContents).Select(statement => statement.Text);

    public bool TryConnect(IUpgradeLog upgradeLog, out string errorMessage)
    {
        bool isOpen = connection.State == ConnectionState.Open;
        errorMessage = isOpen ? "" : "The connection is closed.";
        return isOpen;
    }

    private sealed class Operation : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
