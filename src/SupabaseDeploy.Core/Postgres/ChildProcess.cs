using System.ComponentModel;
using System.Diagnostics;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Postgres;

/// <summary>Runs another program to its end: output captured, stopped with its whole process tree when the token says so.</summary>
public static class ChildProcess
{
    // A daemon that inherited our pipe keeps it open for ever; the program itself has ended and said what it had to say.
    private static readonly TimeSpan OutputGrace = TimeSpan.FromSeconds(2);

    /// <summary>Runs the program. An exit code other than 0 is a result, not an exception.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ProgramNotFound"/> or, when it cannot be started, <see cref="ErrorTable.ProgramFailed"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the process tree is gone.</exception>
    public static async Task<ProcessResult> RunAsync(ProcessRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using Process process = Start(request);
        var output = new OutputTail(request.OutputLimit, request.LineReceived);
        var error = new OutputTail(request.OutputLimit, request.LineReceived + request.ErrorLineReceived);
        using var reading = new CancellationTokenSource();
        Task readers = Task.WhenAll(output.ReadAsync(process.StandardOutput, reading.Token), error.ReadAsync(process.StandardError, reading.Token));
        try
        {
            await WriteInputAsync(process, request.StandardInputText, cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        finally
        {
            if (process.HasExited)
            {
                reading.CancelAfter(OutputGrace);
                await readers.ConfigureAwait(false);
            }
        }

        return new ProcessResult(process.ExitCode, output.ToString(), error.ToString()) { IsTruncated = output.IsTruncated || error.IsTruncated };
    }

    private static Process Start(ProcessRequest request)
    {
        string program = ProgramSearch.Find(request.FileName) ?? throw NotFound(request.FileName);
        IReadOnlyList<string> command = request.RunAs is null
            ? [program, .. request.Arguments]
            : UnprivilegedUser.CommandAs(request.RunAs, UnprivilegedUser.GroupOf(request.RunAs), ProgramSearch.Find, [program, .. request.Arguments]);
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
            WorkingDirectory = request.WorkingDirectory ?? (request.RunAs is null ? "" : "/"),
        };
        start.Environment.Clear();
        foreach ((string name, string value) in ChildEnvironment.For(System.Environment.GetEnvironmentVariables(), request.Environment))
        {
            start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new DeployException(
                ErrorTable.ProgramFailed,
                $"Cannot start program '{program}': {e.Message}",
                "Check that the file may be executed and that the working folder exists.",
                request.ToString(),
                e);
        }
    }

    private static async Task WriteInputAsync(Process process, string? text, CancellationToken cancellationToken)
    {
        try
        {
            if (text is not null)
            {
                await process.StandardInput.WriteAsync(text.AsMemory(), cancellationToken).ConfigureAwait(false);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended without reading its input. Its exit code and its error output say why.
        }
    }

    private static DeployException NotFound(string program) => new(
        ErrorTable.ProgramNotFound,
        $"Program '{program}' was not found.",
        $"Install '{Path.GetFileName(program)}' or put its folder on PATH.",
        program);
}
