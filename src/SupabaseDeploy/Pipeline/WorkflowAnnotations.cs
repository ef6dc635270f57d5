using System.Management.Automation;

namespace SupabaseDeploy.Shell.Pipeline;

/// <summary>
/// Failures as GitHub Actions shows them: an annotation of the run and a paragraph of the job's summary.
/// Format: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
/// </summary>
internal static class WorkflowAnnotations
{
    /// <summary>Reports <paramref name="error"/> where the environment says that this is a workflow; on the pipeline thread.</summary>
    public static void Report(PSCmdlet command, ErrorRecord error)
    {
        if (System.Environment.GetEnvironmentVariable("GITHUB_ACTIONS") != "true")
        {
            return;
        }

        string title = $"{command.MyInvocation.MyCommand.Name} failed";
        string message = error.ErrorDetails?.RecommendedAction is { Length: > 0 } remedy ? $"{error.Exception.Message}\n{remedy}" : error.Exception.Message;
        command.Host.UI?.WriteLine($"::error title={EscapeProperty(title)}::{EscapeData(message)}");
        if (System.Environment.GetEnvironmentVariable("GITHUB_STEP_SUMMARY") is { Length: > 0 } summary)
        {
            try
            {
                File.AppendAllText(summary, $"### ❌ {title}\n\n```text\n{message}\n```\n\n");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The failure itself must still be seen.
                command.WriteWarning($"The job summary '{summary}' cannot be written: {e.Message}");
            }
        }
    }

    private static string EscapeData(string text) =>
        text.Replace("%", "%25", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);

    private static string EscapeProperty(string text) =>
        EscapeData(text).Replace(":", "%3A", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);
}
