namespace SupabaseDeploy.LocalStack;

/// <summary>Where a program comes from that a machine lacks.</summary>
/// <param name="Name">Name of the runtime, as <c>Install-LocalRuntime</c> takes it.</param>
/// <param name="Version">The pinned version.</param>
internal abstract record RuntimePackage(string Name, string Version)
{
    /// <summary>The name of its folder: another one where the same version is installed otherwise than before.</summary>
    public virtual string FolderName => Version;

    /// <summary>The program's path in the runtime's folder, with slashes; null when what it brings is run by another program.</summary>
    public abstract string? Program { get; }
}

/// <summary>A package of the npm registry, installed with what it depends on.</summary>
/// <param name="Package">Its name there.</param>
/// <param name="File">The file that is run, in the package.</param>
/// <param name="IsProgram">False when Node.js runs <paramref name="File"/>.</param>
internal sealed record NpmRuntime(string Name, string Version, string Package, string File, bool IsProgram = true) : RuntimePackage(Name, Version)
{
    public override string? Program => IsProgram ? Entry : null;

    public override string FolderName => Bundle is null ? Version : $"{Version}-bundled";

    /// <summary>How its many files become one that starts faster; null to leave them as they are.</summary>
    public NpmBundle? Bundle { get; init; }

    /// <summary>What is run, in the runtime's folder.</summary>
    public string Entry => $"node_modules/{Package}/{Bundle?.Output ?? File}";
}

/// <summary>A server and the packages it loads as one file.</summary>
/// <param name="Output">The file that is made, in the package and in the folder of the file it is made of: it may look for files beside itself.</param>
/// <param name="External">Packages that stay files: they load others by names that only running them shows, native code, or files of their own.</param>
/// <param name="Off">Packages that are not loaded, and the JavaScript that stands for them.</param>
internal sealed record NpmBundle(string Output, IReadOnlyList<string> External, IReadOnlyDictionary<string, string> Off);

/// <summary>An archive among the assets of a release on GitHub.</summary>
/// <param name="Repository"><c>owner/name</c>.</param>
/// <param name="Assets">The archive for each platform, as <see cref="InstalledRuntimes.Platform"/> names them.</param>
/// <param name="File">The program's path in the archive.</param>
internal sealed record ReleaseAssetRuntime(string Name, string Version, string Repository, IReadOnlyDictionary<string, ReleaseAsset> Assets, string File)
    : RuntimePackage(Name, Version)
{
    public override string Program => OperatingSystem.IsWindows() ? File + ".exe" : File;

    /// <summary>The archive for this machine; null when there is none.</summary>
    public ReleaseAsset? Asset => Assets.GetValueOrDefault(InstalledRuntimes.Platform);

    /// <summary>The path of a file of the release, below the address that serves GitHub's releases.</summary>
    public string PathOf(string file) => $"{Repository}/releases/download/v{Version}/{file}";
}

/// <summary>One archive.</summary>
/// <param name="File">Its name.</param>
/// <param name="Sha256">Its SHA-256, lower-case hexadecimal, where it is known; the projects publish no file with it.</param>
internal sealed record ReleaseAsset(string File, string? Sha256 = null);
