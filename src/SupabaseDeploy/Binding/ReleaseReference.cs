using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>A release as a person may give it: its id, the first digits of it, or a release object.</summary>
public sealed class ReleaseReference
{
    private readonly Releases.Release? _release;

    private ReleaseReference(string id, Releases.Release? release)
    {
        Id = id;
        _release = release;
    }

    /// <summary>The id or its first digits.</summary>
    public string Id { get; }

    /// <summary>Makes a reference from what was bound, or null when it is of no use as one.</summary>
    public static ReleaseReference? From(object? value) => value switch
    {
        PSObject wrapped when wrapped.BaseObject is not PSCustomObject => From(wrapped.BaseObject),
        ReleaseReference reference => reference,
        Releases.Release release => new ReleaseReference(release.Id, release),
        // What ran on one stage goes on to the next: Publish-Environment staging | Publish-Environment production.
        Deployments.Deployment { Release: { } deployed } => new ReleaseReference(deployed.Id, null),
        string { Length: > 0 } id => new ReleaseReference(id, null),
        _ => null,
    };

    /// <summary>The release: the object that was given, else looked up on this machine and in the project's store. Its files may be there only.</summary>
    /// <exception cref="Errors.DeployException">No release of that id, several whose ids begin like that, or the store cannot be used.</exception>
    public async Task<Releases.Release> FindAsync(ProjectFolder project, CancellationToken cancellationToken) =>
        _release ?? await ProjectReleases.Open(project).FindAsync(Id, cancellationToken).ConfigureAwait(false);

    /// <summary>The same with its files brought to this machine.</summary>
    /// <exception cref="Errors.DeployException">As above, or what the store gives is not the release.</exception>
    public async Task<Releases.Release> FetchAsync(ProjectFolder project, IProgressSink sink, CancellationToken cancellationToken) =>
        await ProjectReleases.Open(project).FetchAsync(await FindAsync(project, cancellationToken).ConfigureAwait(false), sink, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override string ToString() => Id;
}

/// <summary>Turns ids and release objects into <see cref="ReleaseReference"/>s while PowerShell binds.</summary>
public sealed class ReleaseTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        // Nothing is no release either: a variable that is empty by mistake would mean the newest one, or all of them.
        ReleaseReference.From(inputData is null ? null : Unwrapped(inputData))
            ?? throw new ArgumentTransformationMetadataException($"'{inputData}' is not a release: give its id, the first digits of it, or an object from Get-Release or New-Release.", new PSInvalidCastException());

    // Digits without quotes are a number to PowerShell (and 12e4 a double): the token's text is what was meant.
    private static object Unwrapped(object value) =>
        (value is PSObject wrapped ? wrapped.BaseObject : value) is ValueType ? LanguagePrimitives.ConvertTo<string>(value) : value;
}
