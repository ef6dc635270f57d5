using System.Collections;
using System.Management.Automation;
using SupabaseDeploy.FlutterApps;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>
/// A built web application as a person may give it: its folder, what <c>Build-FlutterApp</c> wrote, or a folder for each environment
/// as <c>@{ staging = 'build/staging'; production = 'build/production' }</c>.
/// </summary>
/// <param name="Sources">The bundles; the folders as they were given.</param>
public sealed record WebBundleReference(IReadOnlyList<WebSource> Sources)
{
    /// <summary>Makes a reference from what was bound, or null when it is of no use as one.</summary>
    public static WebBundleReference? From(object? value) => value switch
    {
        PSObject wrapped when wrapped.BaseObject is not PSCustomObject => From(wrapped.BaseObject),
        WebBundleReference reference => reference,
        FlutterBundle bundle => new WebBundleReference(
            [new WebSource(bundle.Path, bundle.Environment) { Digest = bundle.Digest, GitCommit = bundle.GitCommit, IsDirty = bundle.IsDirty }]),
        DirectoryInfo folder => new WebBundleReference([new WebSource(folder.FullName)]),
        string { Length: > 0 } path => new WebBundleReference([new WebSource(path)]),
        IDictionary { Count: > 0 } environments => FromEach(environments),
        _ => null,
    };

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Sources.Select(source => source.Folder));

    private static WebBundleReference? FromEach(IDictionary environments)
    {
        var sources = new List<WebSource>();
        foreach (DictionaryEntry entry in environments)
        {
            if (entry.Key is not string { Length: > 0 } name || From(entry.Value) is not { Sources: [{ } source] })
            {
                return null;
            }

            sources.Add(source with { Environment = name });
        }

        return new WebBundleReference([.. sources.OrderBy(source => source.Environment, StringComparer.Ordinal)]);
    }
}

/// <summary>Turns folders and built bundles into <see cref="WebBundleReference"/>s while PowerShell binds.</summary>
public sealed class WebBundleTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        WebBundleReference.From(inputData)
        ?? throw new ArgumentTransformationMetadataException(
            $"'{inputData}' is not a web bundle: give its folder, an object from Build-FlutterApp, or a folder for each environment: @{{ staging = 'build/staging' }}.",
            new PSInvalidCastException());
}
