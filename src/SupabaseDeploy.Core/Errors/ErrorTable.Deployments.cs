namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>A gate does not let the release into the environment.</summary>
    public static readonly ErrorCode GateRefused = new("GateRefused", 6001, ErrorKind.PermissionDenied);

    /// <summary>A deployment did not end as it was asked to.</summary>
    public static readonly ErrorCode DeploymentFailed = new("DeploymentFailed", 6002, ErrorKind.InvalidResult);

    /// <summary>The database holds migrations the release does not know, or other contents of the same ones.</summary>
    public static readonly ErrorCode HistoryInconsistent = new("HistoryInconsistent", 6003, ErrorKind.InvalidOperation);

    /// <summary>The environment changed between the plan that was shown and its execution.</summary>
    public static readonly ErrorCode PlanOutdated = new("PlanOutdated", 6004, ErrorKind.InvalidOperation);

    /// <summary>There is no release to go back to.</summary>
    public static readonly ErrorCode NothingToRestore = new("NothingToRestore", 6005, ErrorKind.ObjectNotFound);

    /// <summary>Migrations have to be undone and down scripts are missing.</summary>
    public static readonly ErrorCode DownScriptsMissing = new("DownScriptsMissing", 6006, ErrorKind.InvalidOperation);

    /// <summary>Evidence in the ledger does not match its hash chain.</summary>
    public static readonly ErrorCode LedgerBroken = new("LedgerBroken", 6007, ErrorKind.SecurityError);

    /// <summary>The ledger was written by a newer version of this module.</summary>
    public static readonly ErrorCode LedgerTooNew = new("LedgerTooNew", 6008, ErrorKind.InvalidOperation);

    /// <summary>A step did not bring about what it was to bring about.</summary>
    public static readonly ErrorCode StepNotVerified = new("StepNotVerified", 6009, ErrorKind.InvalidResult);

    /// <summary>The release has a web bundle and the environment nowhere to serve it from.</summary>
    public static readonly ErrorCode ReleaseNotServable = new("ReleaseNotServable", 6010, ErrorKind.ResourceUnavailable);

    /// <summary>A function in a stored release is not what the manifest says.</summary>
    public static readonly ErrorCode FunctionDamaged = new("FunctionDamaged", 6030, ErrorKind.InvalidData);

    /// <summary>The place does not serve the functions that it was switched to.</summary>
    public static readonly ErrorCode FunctionSwitchFailed = new("FunctionSwitchFailed", 6031, ErrorKind.InvalidResult);

    /// <summary>Something that has to be right before a deployment is not.</summary>
    public static readonly ErrorCode PreflightFailed = new("PreflightFailed", 6032, ErrorKind.InvalidOperation);

    /// <summary>The probes got no answer, so that nothing is known of the environment's health.</summary>
    public static readonly ErrorCode HealthInconclusive = new("HealthInconclusive", 6033, ErrorKind.InvalidResult);

    /// <summary>The release runs and is recorded, and its contracting migrations could not be applied.</summary>
    public static readonly ErrorCode ContractFailed = new("ContractFailed", 6034, ErrorKind.InvalidResult);

    /// <summary>A ledger's history was asked for in a way that cannot be answered.</summary>
    public static readonly ErrorCode HistoryFilterInvalid = new("HistoryFilterInvalid", 6035, ErrorKind.InvalidArgument);

    /// <summary>A platform was asked to restore a database and may still begin.</summary>
    public static readonly ErrorCode RestoreUnderWay = new("RestoreUnderWay", 6038, ErrorKind.ResourceBusy);

    /// <summary>The ledger that was kept in a file during a restore cannot be read.</summary>
    public static readonly ErrorCode KeptLedgerUnreadable = new("KeptLedgerUnreadable", 6039, ErrorKind.InvalidData);

    /// <summary>A ledger that was kept during a restore cannot be brought back: the restored database's own went on meanwhile.</summary>
    public static readonly ErrorCode LedgerWentOn = new("LedgerWentOn", 6040, ErrorKind.InvalidOperation);

    /// <summary>A publish waited for approval, and the request was withdrawn or became too old.</summary>
    public static readonly ErrorCode ApprovalNotGiven = new("ApprovalNotGiven", 6041, ErrorKind.InvalidOperation);

    /// <summary>A migration is recorded as applied, and its down script ran in part.</summary>
    public static readonly ErrorCode MigrationHalfUndone = new("MigrationHalfUndone", 6042, ErrorKind.InvalidOperation);

    /// <summary>This machine and the database server do not have the same time.</summary>
    public static readonly ErrorCode ClocksDiffer = new("ClocksDiffer", 6043, ErrorKind.InvalidOperation);

    /// <summary>The ledger that was kept during a restore is of another project than the one that the stage is now.</summary>
    public static readonly ErrorCode KeptLedgerOfAnother = new("KeptLedgerOfAnother", 6049, ErrorKind.InvalidOperation);
}
