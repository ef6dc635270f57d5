using Docker.DotNet.Models;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// Adds up what the layers of several images report, each a line of its own with numbers of its own, to one percentage: half of a layer
/// is its download, half is unpacking it. It never goes back, though layers are added while others are pulled.
/// </summary>
internal sealed class PullProgress(IReadOnlyCollection<string> images, string activity, IProgressSink sink, TimeProvider time)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Image, string Layer), double> _layers = [];
    private readonly HashSet<string> _complete = [];
    private readonly long _start = time.GetTimestamp();
    private double _told;
    private TimeSpan? _toldAt;

    /// <summary>One message of the engine about an image.</summary>
    public void Report(string image, JSONMessage message)
    {
        if (message.ID is not { Length: > 0 } layer || PartOf(message) is not { } part)
        {
            return;
        }

        lock (_gate)
        {
            _layers[(image, layer)] = Math.Max(part, _layers.GetValueOrDefault((image, layer)));
            Tell(image, isForced: false);
        }
    }

    /// <summary>An image is there.</summary>
    public void Complete(string image)
    {
        lock (_gate)
        {
            _complete.Add(image);
            Tell(image, isForced: true);
        }
    }

    private void Tell(string image, bool isForced)
    {
        TimeSpan now = time.GetElapsedTime(_start);
        if (!isForced && now - _toldAt < s_pause)
        {
            return;
        }

        double done = images.Sum(PartOf) / images.Count;
        _told = Math.Max(_told, done);
        _toldAt = now;
        TimeSpan? remaining = _told > 0.05 ? now * ((1 - _told) / _told) : null;
        sink.Publish(new ActivityProgress(activity, "Pulling images", Math.Round(_told * 100, 1), remaining, $"{image} ({_complete.Count} of {images.Count} are there)"));
    }

    private double PartOf(string image)
    {
        if (_complete.Contains(image))
        {
            return 1;
        }

        double[] layers = [.. _layers.Where(layer => layer.Key.Image == image).Select(layer => layer.Value)];
        return layers.Length == 0 ? 0 : layers.Average();
    }

    private static double? PartOf(JSONMessage message) => message.Status switch
    {
        "Pulling fs layer" or "Waiting" => 0,
        "Downloading" => 0.5 * Share(message.Progress),
        "Verifying Checksum" or "Download complete" => 0.5,
        "Extracting" => 0.5 + (0.5 * Share(message.Progress)),
        "Pull complete" or "Already exists" => 1,
        _ => null,
    };

    private static double Share(JSONProgress? progress) =>
        progress is { Current: { } current, Total: { } total and > 0 } ? Math.Clamp((double)current / total, 0, 1) : 0;
}
