using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>A place that serves a web bundle.</summary>
internal interface IWebHost
{
    /// <summary>What it serves.</summary>
    HostedSite Site { get; }

    /// <summary>Brings a release's bundle there. What is there already is not sent again.</summary>
    Task PublishAsync(Release release, IProgressSink sink, CancellationToken cancellationToken);

    /// <summary>Serves no release any more.</summary>
    Task WithdrawAsync(IProgressSink sink, CancellationToken cancellationToken);
}
