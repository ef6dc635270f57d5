using System.Management.Automation;

namespace SupabaseDeploy.Host.Terminal;

/// <summary>How progress is shown.</summary>
internal interface IProgressView
{
    /// <summary>One activity moved.</summary>
    void Update(ProgressRecord record);

    /// <summary>Makes room for other output.</summary>
    void Hide();

    /// <summary>Forgets every activity: the pipeline is over.</summary>
    void Reset();
}
