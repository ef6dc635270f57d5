using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.LocalStack;

/// <summary>Makes engines.</summary>
internal static class StackEngines
{
    private static readonly Dictionary<LocalStackEngine, Func<EngineContext, ILocalStackEngine>> s_engines = new()
    {
        [LocalStackEngine.Embedded] = context => new EmbeddedEngine(context),
        [LocalStackEngine.Docker] = context => new DockerStackEngine(context),
        [LocalStackEngine.SupabaseCli] = context => new SupabaseCliEngine(context),
    };

    private static readonly Dictionary<LocalStackEngine, IReadOnlyList<string>> s_logNames = new()
    {
        [LocalStackEngine.Embedded] = EmbeddedEngine.AllLogNames,
        [LocalStackEngine.Docker] = DockerStackEngine.AllLogNames,
        [LocalStackEngine.SupabaseCli] = SupabaseCliEngine.AllLogNames,
    };

    /// <summary>What writes logs in a stack, which need not run.</summary>
    public static IReadOnlyList<string> LogNamesOf(StackFolder folder) =>
        s_logNames[StackRecord.Read(folder.StackFile)?.Engine ?? LocalStackEngine.Embedded];

    /// <summary>The engine that the stack of an environment has; the embedded one before its first start.</summary>
    public static ILocalStackEngine Of(DeploymentEnvironment environment, TimeProvider? time = null) =>
        Of(new EngineContext { Environment = environment, Time = time ?? TimeProvider.System });

    /// <inheritdoc cref="Of(DeploymentEnvironment, TimeProvider?)"/>
    public static ILocalStackEngine Of(EngineContext context) =>
        Create(StackRecord.Read(context.Folder.StackFile)?.Engine ?? LocalStackEngine.Embedded, context);

    /// <summary>An engine of one's choice.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.EngineNotAvailable"/>.</exception>
    public static ILocalStackEngine Create(LocalStackEngine kind, EngineContext context) =>
        s_engines.TryGetValue(kind, out Func<EngineContext, ILocalStackEngine>? create) ? create(context) : throw new DeployException(
            ErrorTable.EngineNotAvailable,
            $"Local stack '{context.Environment.Name}' cannot run with engine '{kind}': this version of the module has no such engine.",
            $"Use {string.Join(" or ", s_engines.Keys)}.",
            kind);
}
