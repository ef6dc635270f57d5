using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>Completes the names of services that a stack can run.</summary>
public sealed class ServiceCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> Names => ServiceChoice.Names;

    /// <inheritdoc/>
    protected override string Describe(string name) => $"Service '{name}'";
}
