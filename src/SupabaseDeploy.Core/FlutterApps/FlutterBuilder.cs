using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.FlutterApps;

/// <summary>Builds web applications.</summary>
/// <param name="program">The program <c>flutter</c>, as <see cref="FlutterSdk.Find()"/> gives it.</param>
/// <param name="time">Time.</param>
public sealed class FlutterBuilder(string program, TimeProvider? time = null)
{
    private const string Activity = "Build the web application";
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Builds the application with the values of its environment, and reads what came of it. One build of an application at a time.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.FlutterBuildFailed"/>, with the compiler's errors; <see cref="ErrorTable.WebBundleNotFound"/>.</exception>
    public async Task<FlutterBundle> BuildAsync(FlutterProject app, IReadOnlyList<string> arguments, IProgressSink sink, CancellationToken cancellationToken)
    {
        // Flutter builds every environment into the same folder.
        string lockFile = Path.Combine(app.Folder, ".dart_tool", "supabase-deploy-build.lock");
        using FileLock only = await FileLock.AcquireAsync(lockFile, "it builds this application", sink, _time, cancellationToken).ConfigureAwait(false);
        long start = _time.GetTimestamp();
        sink.Publish(new ActivityProgress(Activity, $"flutter build web for {app.Environment}"));
        GitWorkTree? git = await GitWorkTree.FindAsync(app.Project.Root, cancellationToken).ConfigureAwait(false);
        try
        {
            await RunAsync(app, arguments, sink, cancellationToken).ConfigureAwait(false);
            sink.Publish(new ActivityProgress(Activity, "Reading the bundle"));
            IReadOnlyList<ReleaseFile> files = await ReadAsync(app.WebFolder, cancellationToken).ConfigureAwait(false);
            var stamp = new BundleStamp(FileDigest.OfFiles(files), git?.Commit, git?.IsDirty ?? false);
            await stamp.WriteAsync(app.Project, app.Environment!, cancellationToken).ConfigureAwait(false);
            return new FlutterBundle
            {
                Environment = app.Environment!,
                Path = app.WebFolder,
                GitCommit = stamp.GitCommit,
                IsDirty = stamp.IsDirty,
                Files = files,
                Digest = stamp.Digest,
                Duration = _time.GetElapsedTime(start),
            };
        }
        finally
        {
            sink.Publish(new ActivityCompleted(Activity));
        }
    }

    private async Task RunAsync(FlutterProject app, IReadOnlyList<string> arguments, IProgressSink sink, CancellationToken cancellationToken)
    {
        var lastWords = new LastWords();
        var request = new ProcessRequest(program, FlutterCommands.BuildWeb(app.DefinesArgument!, arguments))
        {
            WorkingDirectory = app.Folder,
            Environment = FlutterSdk.Environment(),
            LineReceived = line =>
            {
                lastWords.Add(line);
                sink.Publish(new Detail(line));
            },
        };
        ProcessResult result = await ChildProcess.RunAsync(request, cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            throw new DeployException(
                ErrorTable.FlutterBuildFailed,
                $"'flutter build web' for '{app.Environment}' failed with exit code {result.ExitCode}: {lastWords}",
                "Correct what is reported and build again; -Verbose shows everything Flutter says.",
                app.Folder);
        }
    }

    private static async Task<IReadOnlyList<ReleaseFile>> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        var files = new List<ReleaseFile>();
        foreach ((string source, string path) in WebBundle.List(folder))
        {
            files.Add(new ReleaseFile(path, await FileDigest.OfFileAsync(source, cancellationToken).ConfigureAwait(false), new FileInfo(source).Length));
        }

        return files;
    }
}
