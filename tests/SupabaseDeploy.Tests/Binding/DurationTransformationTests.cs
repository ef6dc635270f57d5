namespace SupabaseDeploy.Tests.Binding;

/// <summary>Through PowerShell's own parser and binder, which have their own idea of what <c>30s</c> and <c>7d</c> are.</summary>
public sealed class DurationTransformationTests : IDisposable
{
    // The attribute lives in the module's load context, where the parser does not look for types: it is put on a dynamic parameter.
    private const string Command = """
        $attribute = (Get-Command Get-Environment).ImplementingType.Assembly.GetType('SupabaseDeploy.Shell.Binding.DurationTransformationAttribute')
        function Get-Duration {
            [CmdletBinding()] param()
            dynamicparam {
                $attributes = [Collections.ObjectModel.Collection[Attribute]]::new()
                $attributes.Add([Parameter]@{ Position = 0; Mandatory = $true })
                $attributes.Add([Activator]::CreateInstance($attribute))
                $parameters = [Management.Automation.RuntimeDefinedParameterDictionary]::new()
                $parameters.Add('Wait', [Management.Automation.RuntimeDefinedParameter]::new('Wait', [timespan], $attributes))
                $parameters
            }
            end { $PSBoundParameters['Wait'] }
        }

        """;

    private readonly ModuleSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("Get-Duration 30s", 30)]
    [InlineData("Get-Duration 7d", 604800)]
    [InlineData("Get-Duration 20m", 1200)]
    [InlineData("Get-Duration -Wait:1h", 3600)]
    [InlineData("Get-Duration '1h'", 3600)]
    [InlineData("Get-Duration ([timespan]::FromSeconds(5))", 5)]
    [InlineData("$wait = [timespan]::FromSeconds(5); Get-Duration $wait", 5)]
    [InlineData("$parameters = @{ Wait = '500ms' }; Get-Duration @parameters", 0.5)]
    public void A_duration_binds_as_people_write_it(string call, double seconds)
    {
        SessionResult result = _session.Run(Command + call);
        Assert.Null(result.Error);
        Assert.Equal(TimeSpan.FromSeconds(seconds), Assert.Single(result.Output).BaseObject);
    }

    [Theory]
    [InlineData("Get-Duration 30", "'30'")]
    [InlineData("$wait = 30; Get-Duration $wait", "'30'")]
    [InlineData("$wait = 30s; Get-Duration $wait", "'30'")]
    [InlineData("Get-Duration 1.5", "'1.5'")]
    public void A_bare_number_is_refused(string call, string shown)
    {
        SessionResult result = _session.Run(Command + call);
        Assert.Empty(result.Output);
        Assert.Contains($"{shown} is not a duration like '30s', '20m', '1h' or '7d': the unit is missing.", result.Error!.Exception.Message);
    }
}
