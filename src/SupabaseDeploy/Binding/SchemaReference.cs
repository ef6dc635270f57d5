using System.Management.Automation;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>
/// Something with a schema as a person may give it: an environment, a folder of migrations, a backup or a database's URL, by name or as an object.
/// </summary>
public sealed class SchemaReference
{
    private readonly string _text;

    private SchemaReference(string text, object? source)
    {
        _text = text;
        Source = source;
    }

    /// <summary>The object that was given: what belongs to an environment, a release or a folder; null for a text.</summary>
    public object? Source { get; }

    /// <summary>The text; a URL with its password, so it is never shown.</summary>
    internal string Text => _text;

    /// <summary>Makes a reference from what was bound, or null when it is of no use as one.</summary>
    public static SchemaReference? From(object? value) => value switch
    {
        PSObject wrapped when wrapped.BaseObject is not PSCustomObject => From(wrapped.BaseObject),
        SchemaReference reference => reference,
        IEnvironmentResult result => new SchemaReference(result.ToString() ?? "", result),
        Releases.Release release => new SchemaReference(release.ShortId, release),
        FileSystemInfo folder => new SchemaReference(folder.FullName, folder),
        string { Length: > 0 } text => new SchemaReference(text, null),
        _ => null,
    };

    /// <inheritdoc/>
    public override string ToString() => _text.Contains("://", StringComparison.Ordinal) ? "***" : _text;
}

/// <summary>Turns names and objects into <see cref="SchemaReference"/>s while PowerShell binds.</summary>
public sealed class SchemaTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => inputData is null
        ? null
        : SchemaReference.From(inputData) ?? throw new ArgumentTransformationMetadataException(
            $"'{inputData}' has no schema: give an environment, a folder of migrations, a backup or a PostgreSQL URL.", new PSInvalidCastException());
}
