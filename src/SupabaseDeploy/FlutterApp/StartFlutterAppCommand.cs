using System.Management.Automation;
using System.Management.Automation.Host;
using SupabaseDeploy.FlutterApps;
using SupabaseDeploy.Shell.Binding;

namespace SupabaseDeploy.Shell.FlutterApp;

/// <summary>Runs the Flutter application with the values of an environment, and reloads it when its code is saved.</summary>
[Cmdlet(VerbsLifecycle.Start, "FlutterApp", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(RunningFlutterApp))]
public sealed class StartFlutterAppCommand : FlutterAppCmdlet
{
    private static readonly TimeSpan s_keyPoll = TimeSpan.FromMilliseconds(100);

    /// <summary>The environment whose values are compiled into the application.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [EnvironmentTransformation(IsSingle = true)]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public EnvironmentReference Environment { get; set; } = EnvironmentReference.From("local")!;

    /// <summary>The device to run on, as <c>flutter devices</c> lists them.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(DeviceCompleter))]
    public string Device { get; set; } = "chrome";

    /// <summary>Further arguments for <c>flutter run</c>.</summary>
    [Parameter]
    [ValidateNotNull]
    public string[] ArgumentList { get; set; } = [];

    /// <summary>Write the application as soon as it runs, and let it run on.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        FlutterProject app = App(Environment);
        if (!await ShouldProcessAsync($"{app.Environment} ({Device})", $"Run the Flutter application '{app.Folder}'").ConfigureAwait(false))
        {
            return;
        }

        var request = new FlutterRunRequest { App = app, Program = FlutterSdk.Find(), Device = Device, Arguments = ArgumentList };
        FlutterRun run = FlutterRun.Start(request, Sink);
        bool runsOn = false;
        try
        {
            await run.Running.WaitAsync(cancellationToken).ConfigureAwait(false);
            runsOn = PassThru;
            if (!PassThru)
            {
                await AttendAsync(run, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            if (!runsOn)
            {
                await run.DisposeAsync().ConfigureAwait(false);
            }
        }

        Write(new RunningFlutterApp(run));
    }

    /// <summary>Does what keys ask for until the application has ended.</summary>
    private async Task AttendAsync(FlutterRun run, CancellationToken cancellationToken)
    {
        using var attending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task keys = ReadKeysAsync(run, attending.Token);
        try
        {
            await Task.WhenAny(run.Completion, keys).ConfigureAwait(false);
            await run.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await attending.CancelAsync().ConfigureAwait(false);
            await keys.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadKeysAsync(FlutterRun run, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(s_keyPoll);
        bool hasKeys = true;
        while (hasKeys && await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            (hasKeys, char key) = await OnPipelineThread(PressedKey).ConfigureAwait(false);

            // The keys of 'flutter run' itself.
            Task asked = key switch
            {
                'r' => run.ReloadAsync(cancellationToken),
                'R' => run.RestartAsync(cancellationToken),
                'q' => run.StopAsync(),
                _ => Task.CompletedTask,
            };
            await asked.ConfigureAwait(false);
        }
    }

    /// <summary>The key that was pressed, if any; false where the host has no keys to read.</summary>
    private (bool HasKeys, char Key) PressedKey()
    {
        try
        {
            return Host.UI?.RawUI is not { } screen ? (false, default)
                : screen.KeyAvailable ? (true, screen.ReadKey(ReadKeyOptions.NoEcho | ReadKeyOptions.IncludeKeyDown).Character)
                : (true, default);
        }
        catch (Exception e) when (e is HostException or NotImplementedException or NotSupportedException or InvalidOperationException)
        {
            return (false, default); // A host without a keyboard: a job, a service, a redirected input.
        }
    }
}
