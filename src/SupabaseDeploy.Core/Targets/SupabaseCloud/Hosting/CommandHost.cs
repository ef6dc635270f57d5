using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>A web host that a command of the user's publishes to. It gets a folder of its own with the bundle and the marker.</summary>
internal sealed class CommandHost(DeploymentEnvironment environment, HostingSettings hosting, HostedSite site) : IWebHost
{
    private const string Bundle = "{bundle}";
    private const string EmptyPage = "<!doctype html>\n<title>Nothing is published</title>\n<p>Nothing is published here.\n";

    public HostedSite Site => site;

    /// <summary>The program and its arguments, with the folder in place of <c>{bundle}</c>.</summary>
    public static (string Program, IReadOnlyList<string> Arguments) Command(IReadOnlyList<string> command, string folder) =>
        (command[0], [.. command.Skip(1).Select(argument => argument.Replace(Bundle, folder, StringComparison.Ordinal))]);

    public Task PublishAsync(Release release, IProgressSink sink, CancellationToken cancellationToken) => InFolderAsync(
        async folder =>
        {
            foreach (ReleaseFile file in release.Web!.Files)
            {
                string copy = Path.Combine(folder, file.Path);
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(Path.Combine(release.WebFolder, file.Path), copy);
            }

            await RunAsync(folder, new WebMarker(release.Id), sink, cancellationToken).ConfigureAwait(false);
        });

    public Task WithdrawAsync(IProgressSink sink, CancellationToken cancellationToken) => InFolderAsync(
        async folder =>
        {
            await File.WriteAllTextAsync(Path.Combine(folder, WebAssets.Index), EmptyPage, cancellationToken).ConfigureAwait(false);
            await RunAsync(folder, new WebMarker(null), sink, cancellationToken).ConfigureAwait(false);
        });

    private static async Task InFolderAsync(Func<string, Task> work)
    {
        string folder = Directory.CreateTempSubdirectory("supabase-deploy-web-").FullName;
        try
        {
            await work(folder).ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task RunAsync(string folder, WebMarker marker, IProgressSink sink, CancellationToken cancellationToken)
    {
        await File.WriteAllBytesAsync(Path.Combine(folder, WebMarker.FileName), marker.ToJson(), cancellationToken).ConfigureAwait(false);
        (string program, IReadOnlyList<string> arguments) = Command(hosting.Command, folder);
        sink.Publish(new Detail($"Publishing the web bundle with '{program}'."));
        var mask = new SecretMask(hosting.Variables.Values);
        ProcessResult result = await ChildProcess.RunAsync(
            new ProcessRequest(program, arguments)
            {
                WorkingDirectory = environment.Project.Root,
                Environment = hosting.Variables.ToDictionary(variable => variable.Key, variable => (string?)variable.Value.Reveal()),
                LineReceived = line => sink.Publish(new Detail(mask.Hide(line))),
            },
            cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            string said = ProcessResult.LastLines(mask.Hide(result.Error.Length > 0 ? result.Error : result.Output), 5);
            throw new DeployException(
                ErrorTable.WebHostFailed,
                $"The command '{program}' that publishes the web bundle of '{environment}' ended with exit code {result.ExitCode}{(said.Length > 0 ? ": " + said : ".")}",
                "Correct what it reports; 'hosting.command' and 'hosting.variables' of the stage say how it is run.",
                environment.Name);
        }
    }
}
