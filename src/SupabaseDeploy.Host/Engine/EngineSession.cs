using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;

namespace SupabaseDeploy.Host.Engine;

/// <summary>One runspace, in which pipelines run one after another with everything they write shown by <c>Out-Default</c>.</summary>
internal sealed class EngineSession : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Runspace _runspace;
    private readonly ThisHost _host;
    private Pipeline? _running;
    private bool _ending;

    public EngineSession(ThisHost host, string? executionPolicy)
    {
        _host = host;
        ModulePath.IncludeRepository();
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows() && executionPolicy is not null)
        {
            state.ExecutionPolicy = Enum.Parse<Microsoft.PowerShell.ExecutionPolicy>(executionPolicy, ignoreCase: true);
        }

        _runspace = RunspaceFactory.CreateRunspace(host, state);
        _runspace.ThreadOptions = PSThreadOptions.ReuseThread;
        _runspace.Open();
        Runspace.DefaultRunspace = _runspace;
        MissingCommands.Explain(_runspace);
    }

    /// <summary>True once a signal ends the process.</summary>
    public bool IsEnding
    {
        get
        {
            lock (_gate)
            {
                return _ending;
            }
        }
    }

    /// <summary>Runs a script; false when an error ended it.</summary>
    public bool RunFile(string path, IReadOnlyList<CommandParameter> arguments, bool keepsSession)
    {
        // Only .ps1 is a script to the engine; a script with a #! line may have any name.
        Command script = path.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase)
            ? new Command(path, isScript: false, useLocalScope: false)
            : new Command(File.ReadAllText(path), isScript: true, useLocalScope: false);
        Pipeline pipeline = _runspace.CreatePipeline();
        pipeline.Commands.Add(With(arguments, script));
        if (!keepsSession)
        {
            EngineInternals.LetExitEndTheSession(_runspace);
        }

        return Run(pipeline, ReadsInput(Parser.ParseFile(path, out _, out _)));
    }

    /// <summary>Runs text as commands; false when an error ended it.</summary>
    public bool RunCommand(string text, IReadOnlyList<CommandParameter> arguments)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return true;
        }

        // Only a pipeline of the history leaves $? behind, and with it the exit code.
        Pipeline pipeline = _runspace.CreatePipeline(text, addToHistory: true);
        With(arguments, pipeline.Commands[0]);
        return Run(pipeline, ReadsInput(Parser.ParseInput(text, out _, out _)));
    }

    /// <summary>Runs what was typed at the prompt; false when it is not complete and <paramref name="mayContinue"/>.</summary>
    public bool RunLine(string text, bool nested, bool mayContinue)
    {
        Pipeline pipeline = nested
            ? _runspace.CreateNestedPipeline(text, addToHistory: true)
            : _runspace.CreatePipeline(text, addToHistory: true);
        Exception? failure = Invoke(pipeline, feedsInput: false);
        if (failure is IncompleteParseException && mayContinue)
        {
            return false;
        }

        Report(failure, nested);
        return true;
    }

    /// <summary>The text of the function <c>prompt</c>.</summary>
    public string Prompt(bool nested) => Evaluate("prompt", nested)?.ToString() is { Length: > 0 } text ? text : "PS> ";

    /// <summary><c>$?</c>, which decides the exit code where nothing else did.</summary>
    public bool LastCommandSucceeded() => LanguagePrimitives.IsTrue(Evaluate("$global:?", nested: false));

    /// <summary>Stops what runs; returns at once.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            if (_running is { PipelineStateInfo.State: PipelineState.Running })
            {
                _running.StopAsync();
            }
        }
    }

    /// <summary>Stops what runs, and lets nothing more start.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ending = true;
        }

        _host.Terminal.AbandonQuestions();
        Stop();
    }

    public void Dispose() => _runspace.Dispose();

    private static Command With(IReadOnlyList<CommandParameter> arguments, Command command)
    {
        foreach (CommandParameter argument in arguments)
        {
            command.Parameters.Add(argument);
        }

        return command;
    }

    private static bool ReadsInput(Ast script) =>
        Console.IsInputRedirected
        && script.Find(node => node is VariableExpressionAst { VariablePath.UserPath: var name } && name.Equals("input", StringComparison.OrdinalIgnoreCase), searchNestedScriptBlocks: false) is not null;

    private bool Run(Pipeline pipeline, bool feedsInput)
    {
        Exception? failure = Invoke(pipeline, feedsInput);
        Report(failure, nested: false);
        return failure is null;
    }

    private Exception? Invoke(Pipeline pipeline, bool feedsInput)
    {
        // Errors go through the pipeline in order with the output; Out-Default sends them to standard error.
        pipeline.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        pipeline.Commands.Add(new Command("Out-Default", isScript: false, useLocalScope: true)
        {
            MergeUnclaimedPreviousCommandResults = PipelineResultTypes.Error | PipelineResultTypes.Output,
        });
        return InvokeAsIs(pipeline, feedsInput);
    }

    private Exception? InvokeAsIs(Pipeline pipeline, bool feedsInput)
    {
        Pipeline? outer = _running;
        lock (_gate)
        {
            if (_ending)
            {
                return new PipelineStoppedException();
            }

            _running = pipeline;
        }

        try
        {
            using (pipeline)
            {
                if (!feedsInput)
                {
                    pipeline.Invoke();
                    return null;
                }

                return InvokeWithInput(pipeline);
            }
        }
        catch (Exception e) when (e is RuntimeException or InvalidOperationException)
        {
            return e;
        }
        finally
        {
            _host.Terminal.ResetProgress();
            lock (_gate)
            {
                _running = outer;
            }
        }
    }

    private Exception? InvokeWithInput(Pipeline pipeline)
    {
        using var ended = new ManualResetEventSlim();
        pipeline.StateChanged += (_, change) =>
        {
            if (change.PipelineStateInfo.State is PipelineState.Completed or PipelineState.Failed or PipelineState.Stopped)
            {
                ended.Set();
            }
        };
        pipeline.InvokeAsync();
        try
        {
            while (_host.Terminal.ReadInputLine() is { } line)
            {
                pipeline.Input.Write(line);
            }
        }
        catch (PipelineClosedException)
        {
            // The script ended before its input did.
        }

        pipeline.Input.Close();
        ended.Wait();
        return pipeline.PipelineStateInfo.State == PipelineState.Failed ? pipeline.PipelineStateInfo.Reason : null;
    }

    /// <summary>Shows an error that ended a pipeline as one that was written.</summary>
    private void Report(Exception? failure, bool nested)
    {
        if (failure is null or PipelineStoppedException)
        {
            return;
        }

        ErrorRecord error = failure is IContainsErrorRecord { ErrorRecord: { } record }
            ? record
            : new ErrorRecord(failure, "SupabaseDeploy.Host", ErrorCategory.OperationStopped, null);
        using Pipeline pipeline = nested ? _runspace.CreateNestedPipeline() : _runspace.CreatePipeline();
        pipeline.Commands.Add(new Command("Out-Default", isScript: false, useLocalScope: true));
        pipeline.Input.Write(error);
        using (_host.Terminal.WriteOutputAsErrors())
        {
            InvokeAsIs(pipeline, feedsInput: false);
        }
    }

    private object? Evaluate(string script, bool nested)
    {
        if (IsEnding)
        {
            return null;
        }

        using Pipeline pipeline = nested ? _runspace.CreateNestedPipeline(script, addToHistory: false) : _runspace.CreatePipeline(script, addToHistory: false);
        try
        {
            return pipeline.Invoke().FirstOrDefault()?.BaseObject;
        }
        catch (RuntimeException)
        {
            return null; // A prompt function of the user that fails gets the plain prompt, as in pwsh.
        }
    }
}
