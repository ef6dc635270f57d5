using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.LocalStack;

/// <summary>Brings images to the engine that it lacks, several at once, with the progress of all their layers together.</summary>
internal sealed class DockerImages(DockerConnection docker, string activity, IProgressSink sink, TimeProvider time)
{
    private const int AtOnce = 3;

    /// <summary>Pulls what is missing.</summary>
    /// <param name="images">Names with tags, and whether the stack can do without.</param>
    /// <param name="cancellationToken">Stops the pulls; what was pulled of a layer is dropped by the engine.</param>
    /// <returns>The optional images that cannot be had, each with the reason.</returns>
    /// <exception cref="DeployException"><see cref="ErrorTable.ImageNotPulled"/>.</exception>
    public async Task<IReadOnlyDictionary<string, string>> EnsureAsync(IReadOnlyDictionary<string, bool> images, CancellationToken cancellationToken)
    {
        var missing = new List<string>();
        foreach (string image in images.Keys)
        {
            if (!await HasAsync(image, cancellationToken).ConfigureAwait(false))
            {
                missing.Add(image);
            }
        }

        var failures = new Dictionary<string, string>();
        var progress = new PullProgress(missing, activity, sink, time);
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(missing, options, async (image, token) =>
        {
            string? failure = await PullAsync(image, progress, token).ConfigureAwait(false);
            if (failure is null)
            {
                progress.Complete(image);
                return;
            }

            if (!images[image])
            {
                throw NotPulled(image, failure);
            }

            lock (failures)
            {
                failures.Add(image, failure);
            }
        }).ConfigureAwait(false);
        return failures;
    }

    private async Task<bool> HasAsync(string image, CancellationToken cancellationToken)
    {
        try
        {
            await docker.Client.Images.InspectImageAsync(image, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (DockerImageNotFoundException)
        {
            return false;
        }
    }

    /// <returns>Null, or why the engine cannot pull it.</returns>
    private async Task<string?> PullAsync(string image, PullProgress progress, CancellationToken cancellationToken)
    {
        int colon = image.LastIndexOf(':');
        var parameters = new ImagesCreateParameters { FromImage = image[..colon], Tag = image[(colon + 1)..] };
        string? failure = null;
        try
        {
            // What goes wrong in the middle comes as a message; the call itself succeeds.
            await docker.Client.Images.CreateImageAsync(
                parameters,
                new AuthConfig(),
                new Reporter<JSONMessage>(message =>
                {
                    failure ??= message.Error?.Message;
                    progress.Report(image, message);
                }),
                cancellationToken).ConfigureAwait(false);
            return failure;
        }
        catch (DockerApiException e) when (e.StatusCode is not HttpStatusCode.Unauthorized)
        {
            return DockerConnection.MessageOf(e);
        }
    }

    private static DeployException NotPulled(string image, string failure) => new(
        ErrorTable.ImageNotPulled,
        $"Image '{image}' cannot be pulled: {failure.TrimEnd('.')}.",
        $"Check the network with 'docker pull {image}', or set {DockerOptions.RegistryVariable} to a registry that has it.",
        image);
}
