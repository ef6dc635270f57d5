using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Gateway.Services;

/// <summary>One run of a service's program, with what it writes going to the service's log.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private const int TerminateSignal = 15;
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_outputGrace = TimeSpan.FromSeconds(1);

    private readonly BoundedFile _log;
    private readonly Process _process;
    private readonly Task _reading;

    private ServiceProcess(Process process, BoundedFile log)
    {
        _process = process;
        _log = log;
        process.StandardInput.Close();
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
        Identity = ProcessIdentity.Of(process.Id);
    }

    /// <summary>The process; null when it ended before it could be looked at.</summary>
    public ProcessIdentity? Identity { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Resident memory in bytes; null when it has ended.</summary>
    public long? MemoryBytes
    {
        get
        {
            try
            {
                _process.Refresh();
                return _process.HasExited ? null : _process.WorkingSet64;
            }
            catch (InvalidOperationException)
            {
                return null; // It ended in this moment.
            }
        }
    }

    /// <summary>Starts the program.</summary>
    /// <exception cref="Win32Exception">It cannot be started.</exception>
    public static ServiceProcess Start(PlannedService service)
    {
        var start = new ProcessStartInfo(service.FileName!, service.Arguments)
        {
            WorkingDirectory = service.WorkingFolder,
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in service.Environment)
        {
            start.Environment[name] = value;
        }

        var log = new BoundedFile(service.LogFile);
        try
        {
            return new ServiceProcess(Process.Start(start)!, log);
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>How it ended; what it wrote is in its log by then.</summary>
    public async Task<string> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        // A child of its own may keep the streams open.
        await Task.WhenAny(_reading, Task.Delay(s_outputGrace, cancellationToken));
        return $"it ended with exit code {_process.ExitCode}";
    }

    /// <summary>Asks it to end, and kills it and everything below it when it does not.</summary>
    public async Task StopAsync()
    {
        if (!_process.HasExited && !OperatingSystem.IsWindows())
        {
            _ = Signal(_process.Id, TerminateSignal);
            await Task.WhenAny(_process.WaitForExitAsync(), Task.Delay(s_grace));
        }

        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
    }

    public void Dispose()
    {
        _process.Dispose();
        _log.Dispose();
    }

    private async Task ReadAsync(StreamReader reader)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                WriteLine(line);
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or IOException)
        {
            // The process was let go of while a child of its own still held the stream.
        }
    }

    private void WriteLine(string line)
    {
        try
        {
            _log.WriteLine(line);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk: the line is lost, and the service must not wait for somebody to read what it writes.
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int processId, int signal);
}
