using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>Completes the names of services that write logs.</summary>
public sealed class LogCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> Names => StackLogs.Names;

    /// <inheritdoc/>
    protected override string Describe(string name) => $"The log of '{name}'";
}
