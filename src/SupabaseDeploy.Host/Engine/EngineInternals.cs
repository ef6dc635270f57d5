using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace SupabaseDeploy.Host.Engine;

/// <summary>What pwsh does with the engine and no public member does. The engine's version is pinned, and the contract suite covers it.</summary>
internal static class EngineInternals
{
    private const string ExecutionContext = "System.Management.Automation.ExecutionContext, System.Management.Automation";

    /// <summary><c>exit</c> in the script that is started next ends the session with its code; otherwise it would end that script only.</summary>
    public static void LetExitEndTheSession(Runspace runspace) => SetRethrowExit(GetContext(runspace), true);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_ExecutionContext")]
    [return: UnsafeAccessorType(ExecutionContext)]
    private static extern object GetContext(Runspace runspace);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_ScriptCommandProcessorShouldRethrowExit")]
    private static extern void SetRethrowExit([UnsafeAccessorType(ExecutionContext)] object context, bool value);
}
