using DbUp;
using DbUp.Engine;

namespace SupabaseDeploy.Bench;

/// <summary>DbUp as its own documentation uses it: a console program with a folder of scripts, a transaction each.</summary>
internal static class DbUpProgram
{
    public const string Argument = "--run-dbup";

    public static int Run(string folder)
    {
        DatabaseUpgradeResult result = DeployChanges.To
            .PostgresqlDatabase(System.Environment.GetEnvironmentVariable("DATABASE_URL"))
            .WithScriptsFromFileSystem(folder)
            .WithTransactionPerScript()
            .WithVariablesDisabled()
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        Console.Error.Write(result.Error);
        return result.Successful ? 0 : 1;
    }
}
