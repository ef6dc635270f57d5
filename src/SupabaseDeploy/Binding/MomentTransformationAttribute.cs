using System.Globalization;
using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>
/// Makes a point in time of a date (<c>2026-11-23</c>, <c>2026-11-23T05:30Z</c>; UTC where it names no zone), of a DateTime, or of a duration
/// before now (<c>7d</c>).
/// </summary>
public sealed class MomentTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        switch (value)
        {
            case null or DateTimeOffset:
                return value;
            case DateTime date:
                return new DateTimeOffset(date.Kind == DateTimeKind.Unspecified ? DateTime.SpecifyKind(date, DateTimeKind.Utc) : date).ToUniversalTime();
            case TimeSpan duration:
                return TimeProvider.System.GetUtcNow() - duration;
        }

        string text = LanguagePrimitives.ConvertTo<string>(inputData);
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset moment)
            && text.Contains('-', StringComparison.Ordinal))
        {
            return moment;
        }

        try
        {
            return TimeProvider.System.GetUtcNow() - Duration.Parse(text);
        }
        catch (DeployException e)
        {
            throw new ArgumentTransformationMetadataException(
                $"'{text}' is no point in time: write a date as 2026-11-23 or 2026-11-23T05:30Z (UTC), or a duration before now as 90m or 7d.", e);
        }
    }
}
