namespace SupabaseDeploy.Deployments;

/// <summary>The names of steps, as plans and ledgers hold them.</summary>
public static class StepName
{
    /// <summary>One writer at a time.</summary>
    public const string Lock = "lock";

    /// <summary>Looks at everything that has to be right first.</summary>
    public const string Preflight = "preflight";

    /// <summary>A backup from before the first change.</summary>
    public const string Backup = "backup";

    /// <summary>A restore point of the platform from before the first change.</summary>
    public const string RestorePoint = "restore point";

    /// <summary>Undoes what an interrupted deployment of another release left behind.</summary>
    public const string Recover = "recover";

    /// <summary>Applies migrations.</summary>
    public const string Migrate = "migrate";

    /// <summary>Undoes migrations by their down scripts.</summary>
    public const string Undo = "undo";

    /// <summary>Brings new and changed edge functions, and switches them at once.</summary>
    public const string Functions = "functions";

    /// <summary>Brings the declared settings of the place's services.</summary>
    public const string Configuration = "configuration";

    /// <summary>Switches the web root.</summary>
    public const string Web = "web";

    /// <summary>Measures.</summary>
    public const string Health = "health";

    /// <summary>Writes the end of the deployment.</summary>
    public const string Record = "record";

    /// <summary>Replaces the database by a backup.</summary>
    public const string Restore = "restore";

    /// <summary>Applies the migrations that take away what the release before still used.</summary>
    public const string Contract = "contract";

    /// <summary>Brings the settings back.</summary>
    public const string RollbackConfiguration = "rollback configuration";

    /// <summary>Switches the edge functions back.</summary>
    public const string RollbackFunctions = "rollback functions";

    /// <summary>Switches the web root back.</summary>
    public const string RollbackWeb = "rollback web";

    /// <summary>Undoes what the deployment applied.</summary>
    public const string RollbackMigrations = "rollback migrations";

    /// <summary>Verifies that the environment is where it was.</summary>
    public const string RollbackVerify = "rollback verify";

    /// <summary>True of the steps before the first that changes the environment.</summary>
    internal static bool IsBeforeChanges(string name) => name is Lock or Preflight or Backup or RestorePoint;
}
