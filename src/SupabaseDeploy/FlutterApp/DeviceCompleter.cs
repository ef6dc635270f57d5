using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace SupabaseDeploy.Shell.FlutterApp;

/// <summary>Completes the devices that Flutter has without a phone. Asking Flutter takes seconds, which Tab does not have.</summary>
public sealed class DeviceCompleter : IArgumentCompleter
{
    private static readonly string[] s_devices = ["chrome", "edge", "web-server", "linux", "macos", "windows"];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        s_devices
            .Where(device => device.StartsWith(wordToComplete.Trim('\'', '"'), StringComparison.OrdinalIgnoreCase))
            .Select(device => new CompletionResult(device, device, CompletionResultType.ParameterValue, $"Device {device}"));
}
