using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Health;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// Whether this machine and a database server have about the same time. What is recorded has the time of the machine that records it, and gates compare
/// the times of several: soak, approvals and the age of evidence would be wrong by the difference.
/// </summary>
internal static class ClockCheck
{
    /// <summary>Beside what gates ask for, which is minutes at least, this says nothing.</summary>
    public static readonly TimeSpan Allowed = TimeSpan.FromSeconds(30);

    /// <summary>The question to the server.</summary>
    public const string Question = "select clock_timestamp()";

    /// <param name="environment">Whose server was asked.</param>
    /// <param name="asked">The time here before it was asked.</param>
    /// <param name="server">What it said.</param>
    /// <param name="answered">The time here when it had answered.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ClocksDiffer"/>.</exception>
    public static void EnsureAgree(DeploymentEnvironment environment, DateTimeOffset asked, DateTimeOffset server, DateTimeOffset answered)
    {
        // Between asking and the answer any time is right: the way may be long.
        TimeSpan behind = server - answered;
        TimeSpan ahead = asked - server;
        if (behind > Allowed || ahead > Allowed)
        {
            string how = behind > Allowed ? $"{Readable.Duration(behind)} behind" : $"{Readable.Duration(ahead)} ahead";
            throw new DeployException(
                ErrorTable.ClocksDiffer,
                $"The clock of this machine is {how} that of the database server of '{environment}': here it is {Moment(answered)}, there {Moment(server)}. "
                + $"Soak, approvals and the age of evidence would be wrong by as much, so nothing is recorded; up to {Readable.Duration(Allowed)} are allowed.",
                "Set the clock right that is wrong (timedatectl set-ntp true), then run the command again.",
                environment);
        }
    }

    private static string Moment(DateTimeOffset moment) => $"{moment.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z";
}
