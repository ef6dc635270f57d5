using System.Management.Automation;
using SupabaseDeploy.FlutterApps;
using SupabaseDeploy.Shell.Binding;

namespace SupabaseDeploy.Shell.FlutterApp;

/// <summary>Builds the web application with the values of an environment.</summary>
[Cmdlet(Build, "FlutterApp", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(FlutterBundle))]
public sealed class BuildFlutterAppCommand : FlutterAppCmdlet
{
    // An approved verb since PowerShell 6, which the reference assembly does not know.
    private const string Build = "Build";

    /// <summary>The environment whose values are compiled into the application.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [EnvironmentTransformation(IsSingle = true)]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public EnvironmentReference Environment { get; set; } = null!;

    /// <summary>Further arguments for <c>flutter build web</c>.</summary>
    [Parameter]
    [ValidateNotNull]
    public string[] ArgumentList { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        FlutterProject app = App(Environment);
        if (await ShouldProcessAsync($"{app.Environment} ({app.WebFolder})", "Build the web application").ConfigureAwait(false))
        {
            Write(await new FlutterBuilder(FlutterSdk.Find()).BuildAsync(app, ArgumentList, Sink, cancellationToken).ConfigureAwait(false));
        }
    }
}
