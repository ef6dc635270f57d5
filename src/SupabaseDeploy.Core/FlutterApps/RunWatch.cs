using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.FlutterApps;

/// <summary>Watches what a run depends on: the code in <c>lib</c> and the file of Dart defines.</summary>
internal sealed class RunWatch : IDisposable
{
    private readonly FlutterRunRequest _request;
    private readonly IProgressSink _sink;
    private readonly List<SavedFiles> _watched = [];
    private byte[] _defines = [];

    public RunWatch(FlutterRunRequest request, IProgressSink sink, Action saved, Action definesChanged)
    {
        _request = request;
        _sink = sink;
        string defines = request.App.DefinesFile!;
        Watch(Path.Combine(request.App.Folder, "lib"), ".dart", isDeep: true, saved);
        Watch(Path.GetDirectoryName(defines)!, Path.DirectorySeparatorChar + Path.GetFileName(defines), isDeep: false, definesChanged);
    }

    /// <summary>Remembers the defines that the application is about to be compiled with.</summary>
    public void RememberDefines() => _defines = File.ReadAllBytes(_request.App.DefinesFile!);

    /// <summary>True when they are others now and can be compiled in. A file that is written with what it had changes nothing.</summary>
    public bool DefinesHaveChanged()
    {
        try
        {
            if (File.ReadAllBytes(_request.App.DefinesFile!).AsSpan().SequenceEqual(_defines))
            {
                return false;
            }

            FlutterProject.Open(_request.App.Project, _request.App.Folder, _request.App.Environment);
            return true;
        }
        catch (Exception e) when (e is DeployException or IOException or UnauthorizedAccessException)
        {
            _sink.Publish(new Caution($"The application runs on with the values it has: {e.Message}"));
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _watched.ForEach(watched => watched.Dispose());

    private void Watch(string folder, string ending, bool isDeep, Action saved)
    {
        if (!Directory.Exists(folder))
        {
            return; // Flutter says what it lacks.
        }

        try
        {
            _watched.Add(new SavedFiles(folder, ending, isDeep, _request.Quiet, _request.Time, saved));
        }
        catch (IOException e)
        {
            _sink.Publish(new Caution($"What is saved in '{folder}' is not noticed: {e.Message}"));
        }
    }
}
