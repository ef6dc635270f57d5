using System.Management.Automation;
using SupabaseDeploy.FlutterApps;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>A built web application as a person may give it: its folder, or what <c>Build-FlutterApp</c> wrote.</summary>
/// <param name="Path">The folder, as it was given.</param>
/// <param name="Digest">What the folder has to hold; null where that is not known.</param>
public sealed record WebBundleReference(string Path, string? Digest)
{
    /// <summary>Makes a reference from what was bound, or null when it is of no use as one.</summary>
    public static WebBundleReference? From(object? value) => value switch
    {
        PSObject wrapped when wrapped.BaseObject is not PSCustomObject => From(wrapped.BaseObject),
        WebBundleReference reference => reference,
        FlutterBundle bundle => new WebBundleReference(bundle.Path, bundle.Digest),
        DirectoryInfo folder => new WebBundleReference(folder.FullName, null),
        string { Length: > 0 } path => new WebBundleReference(path, null),
        _ => null,
    };

    /// <inheritdoc/>
    public override string ToString() => Path;
}

/// <summary>Turns folders and built bundles into <see cref="WebBundleReference"/>s while PowerShell binds.</summary>
public sealed class WebBundleTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        WebBundleReference.From(inputData)
        ?? throw new ArgumentTransformationMetadataException($"'{inputData}' is not a web bundle: give its folder, or an object from Build-FlutterApp.", new PSInvalidCastException());
}
