using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>The engine of a stack, and why it is this one.</summary>
/// <param name="Engine">The engine; never <see cref="LocalStackEngine.Auto"/>.</param>
/// <param name="Reason">Why, as the end of a sentence: <c>it was asked for</c>.</param>
internal sealed record EngineChoice(LocalStackEngine Engine, string Reason)
{
    /// <summary>
    /// Chooses: what was asked for, then what runs, then what <c>env/pipeline.yml</c> names, then what the stack was started with before,
    /// then what has the stack's or runs the project's containers already, then what this machine can run.
    /// </summary>
    /// <param name="asked">What was asked for; <see cref="LocalStackEngine.Auto"/> for nothing.</param>
    /// <param name="context">The stack.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.EngineMismatch"/>: the stack runs with another one than was asked for.</exception>
    public static async Task<EngineChoice> MakeAsync(LocalStackEngine asked, EngineContext context, CancellationToken cancellationToken)
    {
        EngineChoice? wanted = asked != LocalStackEngine.Auto ? new EngineChoice(asked, "it was asked for") : Named(context);
        if (StackRecord.Read(context.Folder.StackFile) is not { } record)
        {
            return wanted ?? await DetectAsync(context, cancellationToken).ConfigureAwait(false);
        }

        if (wanted is null || wanted.Engine == record.Engine)
        {
            return wanted ?? record.Choice;
        }

        EngineObservation seen = await StackEngines.Create(record.Engine, context).ObserveAsync(cancellationToken).ConfigureAwait(false);
        return seen.State == LocalStackState.Stopped ? wanted
            : asked == LocalStackEngine.Auto ? new EngineChoice(record.Engine, "the stack runs with it")
            : throw Mismatch(context.Environment.Name, record.Engine, asked);
    }

    /// <summary>For a stack of which no file tells that it was started, and of which nobody has said anything.</summary>
    private static async Task<EngineChoice> DetectAsync(EngineContext context, CancellationToken cancellationToken)
    {
        if (await new DockerStackEngine(context).HasThingsAsync(cancellationToken).ConfigureAwait(false))
        {
            return new EngineChoice(LocalStackEngine.Docker, "Docker has containers or data of it");
        }

        bool hasDocker = context.HasDocker();
        if (hasDocker && File.Exists(SupabaseConfiguration.FileOf(context.Environment.Project))
            && await new SupabaseCliEngine(context).FindDatabaseAsync(cancellationToken).ConfigureAwait(false) is not null)
        {
            return new EngineChoice(LocalStackEngine.SupabaseCli, "the Supabase CLI runs this project's containers");
        }

        bool hasServer = await new PostgresInstallations(context.Cluster.Search).CanProvideAsync(cancellationToken).ConfigureAwait(false);
        return hasServer || !hasDocker
            ? new EngineChoice(LocalStackEngine.Embedded, "it needs nothing but programs of this machine")
            : new EngineChoice(LocalStackEngine.Docker, "this machine has Docker and no PostgreSQL");
    }

    private static EngineChoice? Named(EngineContext context) =>
        context.Environment.Engine == LocalStackEngine.Auto ? null : new EngineChoice(context.Environment.Engine, "env/pipeline.yml names it");

    private static DeployException Mismatch(string environment, LocalStackEngine running, LocalStackEngine asked) => new(
        ErrorTable.EngineMismatch,
        $"Local stack '{environment}' runs with engine '{running}', and '{asked}' was asked for.",
        $"Run 'Stop-LocalStack {environment}', then 'Start-LocalStack {environment} -Engine {asked}'; each engine keeps data of its own.",
        environment);
}
