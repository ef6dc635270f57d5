using System.Collections;
using System.Management.Automation;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>An environment as a person may give it: a name, a wildcard, or any object of ours that belongs to one.</summary>
public sealed class EnvironmentReference
{
    private EnvironmentReference(string? name, IEnvironmentResult? source)
    {
        Name = name ?? source!.Environment.Name;
        Source = source;
    }

    /// <summary>The name or wildcard.</summary>
    public string Name { get; }

    /// <summary>The object that was given; null for a name. A command may have more use for it than for its environment.</summary>
    public IEnvironmentResult? Source { get; }

    /// <summary>The resolved environment when an object was given.</summary>
    public DeploymentEnvironment? Environment => Source?.Environment;

    /// <summary>Makes a reference from what was bound, or null when it is of no use as one.</summary>
    public static EnvironmentReference? From(object? value) => value switch
    {
        PSObject wrapped when wrapped.BaseObject is not PSCustomObject => From(wrapped.BaseObject),
        EnvironmentReference reference => reference,
        IEnvironmentResult result => new EnvironmentReference(null, result),
        string { Length: > 0 } name => new EnvironmentReference(name, null),
        _ => null,
    };

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>Turns names and result objects into <see cref="EnvironmentReference"/>s while PowerShell binds.</summary>
public sealed class EnvironmentTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>Set where the parameter takes one environment, so that several are refused in words.</summary>
    public bool IsSingle { get; set; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is IEnumerable several and not string
            ? Several([.. several.Cast<object>().Select(One)])
            : One(inputData);

    private object Several(EnvironmentReference[] references) => (IsSingle, references) switch
    {
        (false, _) => references,
        (true, [EnvironmentReference only]) => only,
        _ => throw new ArgumentTransformationMetadataException(
            $"'{string.Join(", ", references)}' {(references.Length == 0 ? "names no environment" : "names several environments")}: give one."),
    };

    private static EnvironmentReference One(object value) =>
        EnvironmentReference.From(value)
        ?? throw new ArgumentTransformationMetadataException($"'{value}' is not an environment: give its name, or an object from Get-Environment or another command of this module.");
}
