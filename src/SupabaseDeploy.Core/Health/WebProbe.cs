using SupabaseDeploy.Deployments;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Health;

/// <summary>What the web root was seen to serve.</summary>
/// <param name="Check">The measurement; null where there is no web root at all.</param>
/// <param name="ReleaseId">The id it serves; null when it serves none, or could not be asked.</param>
internal sealed record ServedRelease(HealthCheck? Check, string? ReleaseId);

/// <summary>Whether the web root serves the release that was published.</summary>
internal static class WebProbe
{
    private const string CheckName = "web";

    /// <summary>Asks. The verdict waits for <see cref="Judge"/>, since which release is expected may have to be read from the database.</summary>
    public static async Task<ServedRelease> AskAsync(Measurement measurement, Func<IDeploymentTarget> target, CancellationToken cancellationToken)
    {
        string? served = null;
        bool hasWebRoot = true;
        HealthCheck check = await measurement.MeasureAsync(
            CheckName,
            async token =>
            {
                IDeploymentTarget place = target();
                Uri? url = await place.GetWebUrlAsync(token).ConfigureAwait(false);
                hasWebRoot = url is not null;
                served = hasWebRoot ? await place.GetServedReleaseAsync(token).ConfigureAwait(false) : null;
                return Finding.Healthy(served is null ? "No release is served." : $"Release {Words.Short(served)} is served.");
            },
            cancellationToken).ConfigureAwait(false);
        return new ServedRelease(hasWebRoot ? check : null, served);
    }

    /// <summary>The check, or null when there is nothing to serve and nowhere to serve it.</summary>
    public static HealthCheck? Judge(Measurement measurement, ServedRelease seen, Release? expected)
    {
        if (seen.Check is null)
        {
            return expected?.Web is null ? null : measurement.Missing(CheckName, $"Release {expected} has a web bundle, and no web root runs to serve it.");
        }

        string? wanted = expected?.Web is null ? null : expected.Id;
        if (seen.Check.Status == HealthStatus.Failed || expected is null || seen.ReleaseId == wanted)
        {
            return seen.Check;
        }

        string message = $"{seen.Check.Message} Expected {(wanted is null ? $"none: release {expected} has no web bundle" : $"release {Words.Short(wanted)}")}.";
        return seen.Check with { Status = HealthStatus.Failed, IsAnswered = true, Overall = HealthStatus.Failed, Message = message };
    }
}
