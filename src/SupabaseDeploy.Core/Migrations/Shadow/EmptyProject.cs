using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>Applies files to a database that was an empty project's, for shadows and resets.</summary>
internal static class EmptyProject
{
    /// <exception cref="DeployException"><see cref="ErrorTable.ShadowNotBuilt"/>: a file does not apply.</exception>
    public static async Task ApplyAsync(MigrationRequest request, TimeProvider time, IProgressSink sink, CancellationToken cancellationToken)
    {
        try
        {
            await new MigrationRunner(time).ApplyAsync(request, sink, cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException e) when (e.Code == ErrorTable.MigrationFailed)
        {
            throw new DeployException(
                ErrorTable.ShadowNotBuilt,
                $"The files do not make a database out of an empty project: {e.Message}",
                "Correct the file, so that all of them apply in order to a new project.",
                e.Target,
                e);
        }
    }
}
