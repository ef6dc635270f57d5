using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>
/// Makes a TimeSpan parameter take <c>30s</c>, <c>20m</c>, <c>1h</c> and <c>7d</c>. A number without a unit is refused:
/// PowerShell's own conversion would take it as ticks.
/// </summary>
/// <remarks>
/// To PowerShell <c>30s</c> is an Int16 and <c>7d</c> a Decimal. The binder passes such a literal wrapped in a PSObject that kept the
/// token's text, and the conversion to string gives that text back.
/// </remarks>
public sealed class DurationTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is null or TimeSpan)
        {
            return value;
        }

        try
        {
            return Duration.Parse(LanguagePrimitives.ConvertTo<string>(inputData));
        }
        catch (DeployException e)
        {
            throw new ArgumentTransformationMetadataException($"{e.Message} {e.Remedy}", e);
        }
    }
}
