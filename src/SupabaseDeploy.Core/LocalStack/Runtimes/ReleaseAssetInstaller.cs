using System.Security.Cryptography;
using System.Text.RegularExpressions;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// Installs an archive of a GitHub release: one that somebody placed in the downloads folder, else a download. Nothing is unpacked
/// whose SHA-256 is not the expected one; an archive that differs is removed.
/// </summary>
internal sealed partial class ReleaseAssetInstaller(ReleaseAssetRuntime runtime, string downloads, Uri? ownAddress, DownloadTimes times, TimeProvider time)
{
    private const string ChecksumExtension = ".sha256";

    private readonly ReleaseAsset _asset = runtime.Asset ?? throw new DeployException(
        ErrorTable.RuntimeUnknown,
        $"There is no '{runtime.Name}' {runtime.Version} for {InstalledRuntimes.Platform}.",
        $"Install '{runtime.File}' in another way and put its folder on PATH: what is there is used.",
        runtime.Name);

    private string Placed => Path.Combine(downloads, _asset.File);

    public async Task InstallAsync(string folder, string activity, IProgressSink sink, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(downloads);
        using var download = new ResumableDownload(times, time);
        try
        {
            string expected = await ExpectedAsync(download, cancellationToken).ConfigureAwait(false);
            bool isPlaced = File.Exists(Placed);
            string archive = isPlaced ? Placed : await DownloadAsync(download, expected, activity, sink, cancellationToken).ConfigureAwait(false);
            sink.Publish(new ActivityProgress(activity, "Checking"));
            await VerifyAsync(archive, expected, cancellationToken).ConfigureAwait(false);
            sink.Publish(new ActivityProgress(activity, "Unpacking"));
            await RuntimeArchive.UnpackAsync(archive, _asset.File, folder, cancellationToken).ConfigureAwait(false);
            if (!File.Exists(Path.Combine(folder, runtime.Program)))
            {
                throw new DeployException(ErrorTable.RuntimeDamaged, $"'{_asset.File}' holds no '{runtime.Program}'.", "Name an address that has the right archive.", runtime.Name);
            }

            if (!isPlaced)
            {
                File.Delete(archive);
            }
        }
        catch (DownloadException e)
        {
            throw new DeployException(
                ErrorTable.RuntimeDownloadFailed,
                $"'{e.Address}' could not be downloaded: {e.Message}.",
                $"Check the network, or name another address with -BaseAddress. Without a network, place the file as '{Placed}' and run the command again.",
                runtime.Name,
                e);
        }
    }

    /// <summary>
    /// The expected SHA-256. A file beside the placed archive or at an address of the user's own says what the user wants; else what is
    /// built in counts, and what GitHub serves only where nothing is.
    /// </summary>
    private async Task<string> ExpectedAsync(ResumableDownload download, CancellationToken cancellationToken)
    {
        if (File.Exists(Placed + ChecksumExtension))
        {
            return DigestIn(await File.ReadAllTextAsync(Placed + ChecksumExtension, cancellationToken).ConfigureAwait(false), Placed + ChecksumExtension);
        }

        if (_asset.Sha256 is { } builtIn && (ownAddress is null || File.Exists(Placed)))
        {
            return builtIn;
        }

        Uri address = Address(_asset.File + ChecksumExtension);
        string? text = await download.ReadTextAsync(address, cancellationToken).ConfigureAwait(false);
        return text is not null ? DigestIn(text, address.AbsoluteUri) : _asset.Sha256 ?? throw new DeployException(
            ErrorTable.RuntimeUnverified,
            $"Nothing says what '{_asset.File}' is to be: there is no '{address}'.",
            $"Write its SHA-256 into '{Placed + ChecksumExtension}' and run the command again.",
            runtime.Name);
    }

    private async Task<string> DownloadAsync(ResumableDownload download, string expected, string activity, IProgressSink sink, CancellationToken cancellationToken)
    {
        string partial = Placed + ".part";
        Uri address = Address(_asset.File);
        bool resumed = File.Exists(partial);
        await download.FetchAsync(address, partial, activity, sink, cancellationToken).ConfigureAwait(false);
        if (resumed && await DigestOfAsync(partial, cancellationToken).ConfigureAwait(false) != expected)
        {
            // What was there may be the beginning of something else.
            sink.Publish(new Detail($"'{partial}' did not go on from what was there: it is downloaded anew."));
            File.Delete(partial);
            await download.FetchAsync(address, partial, activity, sink, cancellationToken).ConfigureAwait(false);
        }

        return partial;
    }

    private async Task VerifyAsync(string archive, string expected, CancellationToken cancellationToken)
    {
        string actual = await DigestOfAsync(archive, cancellationToken).ConfigureAwait(false);
        if (actual != expected)
        {
            File.Delete(archive);
            throw new DeployException(
                ErrorTable.RuntimeDamaged,
                $"'{_asset.File}' has SHA-256 {actual}, expected {expected}. It was not unpacked, and was removed.",
                "Run the command again; if it says the same, the address serves another file: name another one with -BaseAddress.",
                runtime.Name);
        }
    }

    private Uri Address(string file)
    {
        string root = (ownAddress ?? LocalRuntimes.DefaultBaseAddress).AbsoluteUri;
        return new Uri(root.TrimEnd('/') + "/" + runtime.PathOf(file));
    }

    private static async Task<string> DigestOfAsync(string file, CancellationToken cancellationToken)
    {
        FileStream stream = File.OpenRead(file);
        await using (stream.ConfigureAwait(false))
        {
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>The digest in a file as <c>sha256sum</c> writes it, or one that holds nothing else.</summary>
    private string DigestIn(string text, string source)
    {
        List<string> digests = [.. text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(line => ChecksumLine().Match(line))
            .Where(match => match.Success && (!match.Groups[2].Success || Path.GetFileName(match.Groups[2].Value) == _asset.File))
            .Select(match => match.Groups[1].Value.ToLowerInvariant())];
        return digests is [{ } digest] ? digest : throw new DeployException(
            ErrorTable.RuntimeUnverified,
            $"'{source}' does not say the SHA-256 of '{_asset.File}'.",
            $"Write it there as 64 hexadecimal digits, or into '{Placed + ChecksumExtension}'.",
            runtime.Name);
    }

    [GeneratedRegex(@"^([0-9A-Fa-f]{64})(?:\s+\*?(\S+))?$")]
    private static partial Regex ChecksumLine();
}
