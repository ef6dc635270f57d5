using System.Globalization;
using System.Text.RegularExpressions;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Migrations;

/// <summary>How much room the snapshots may take together.</summary>
public static partial class SnapshotLimit
{
    /// <summary>The environment variable that sets it: <c>500MB</c>, <c>10GB</c>; <c>0</c> keeps no snapshots.</summary>
    public const string Variable = "SUPABASE_DEPLOY_SNAPSHOT_LIMIT";

    /// <summary>Without the variable: 2 GB, some thirty databases of a thousand tables.</summary>
    public const long Default = 2L << 30;

    /// <summary>Bytes, as the environment says.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.InvalidSnapshotLimit"/>.</exception>
    public static long OfThisMachine() => Parse(System.Environment.GetEnvironmentVariable(Variable));

    /// <summary>Bytes of a text; the default for none.</summary>
    internal static long Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return Default;
        }

        Match match = Form().Match(text);
        if (!match.Success)
        {
            throw new DeployException(
                ErrorTable.InvalidSnapshotLimit,
                $"The limit for snapshots '{text}' in {Variable} is no size.",
                $"Set {Variable} to a whole number of MB or GB like '500MB' or '10GB', to '0' to keep none, or leave it unset.",
                text);
        }

        long number = long.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
        return number << (match.Groups["unit"].Value.StartsWith("G", StringComparison.OrdinalIgnoreCase) ? 30 : 20);
    }

    [GeneratedRegex(@"\A(?:(?<number>0)|(?<number>[0-9]{1,6}) ?(?<unit>MB|GB))\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
