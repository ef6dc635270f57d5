using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>Completes the names of runtimes that can be installed.</summary>
public sealed class RuntimeCompleter : NameCompleter
{
    private readonly LocalRuntimes _runtimes = new();

    /// <inheritdoc/>
    protected override IEnumerable<string> Names => LocalRuntimes.Names;

    /// <inheritdoc/>
    protected override string Describe(string name) => _runtimes.Describe(name);
}
