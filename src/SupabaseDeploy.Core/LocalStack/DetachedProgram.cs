using System.Collections;
using System.Diagnostics;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>A program that outlives the process that starts it: what is run, as a value.</summary>
/// <param name="FileName">Absolute path.</param>
/// <param name="Arguments">Its arguments. Visible to every user of the machine: no secret goes there.</param>
internal sealed record DetachedProgram(string FileName, IReadOnlyList<string> Arguments)
{
    // Nothing of ours is inherited: not our streams (a pipe that stays open keeps whoever reads it waiting), and not the locks
    // that a script around us may hold on descriptors of its own.
    private const string Script = "log=$1; shift; " + InheritedDescriptors.Close + """; exec "$@" </dev/null >"$log" 2>&1""";

    /// <summary>Current folder of the program.</summary>
    public required string WorkingFolder { get; init; }

    /// <summary>File that takes what it writes to its streams; begun anew at each start. Its folder is there.</summary>
    public required string StreamsFile { get; init; }

    /// <summary>Starts it.</summary>
    public Process Start()
    {
        Process process = Process.Start(ToStartInfo(OperatingSystem.IsWindows(), Environment.GetEnvironmentVariables()))!;
        process.StandardInput.Close();
        process.StandardOutput.Close();
        process.StandardError.Close();
        return process;
    }

    /// <summary>How it is started on one kind of system, in a given environment.</summary>
    internal ProcessStartInfo ToStartInfo(bool isWindows, IDictionary ourEnvironment)
    {
        IReadOnlyList<string> command = isWindows
            ? [FileName, .. Arguments]
            : ["/bin/sh", "-c", Script, "sh", StreamsFile, FileName, .. Arguments];
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = WorkingFolder,
            UseShellExecute = false,
            CreateNoWindow = true,
            // .NET leaves the terminal to a child that shares any stream with it, for as long as that child lives.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach ((string name, string value) in ChildEnvironment.For(ourEnvironment, new Dictionary<string, string?>()))
        {
            start.Environment[name] = value;
        }

        return start;
    }
}
