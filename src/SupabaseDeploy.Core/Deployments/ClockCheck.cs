using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Health;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// Whether this machine and a database server have about the same time. What is recorded has the time of the machine that records it, and gates compare
/// the times of several: soak, approvals and the age of evidence would be wrong by the difference.
/// </summary>
/// <param name="Asked">The time here before the server was asked.</param>
/// <param name="Server">What it said.</param>
/// <param name="Answered">The time here when it had answered.</param>
internal sealed record ClockCheck(DateTimeOffset Asked, DateTimeOffset Server, DateTimeOffset Answered)
{
    /// <summary>Beside what gates ask for, which is minutes at least, this says nothing.</summary>
    public static readonly TimeSpan Allowed = TimeSpan.FromSeconds(30);

    /// <param name="environment">Whose server was asked.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ClocksDiffer"/>.</exception>
    public void EnsureAgree(DeploymentEnvironment environment)
    {
        // Between asking and the answer any time is right: the way may be long.
        TimeSpan behind = Server - Answered;
        TimeSpan ahead = Asked - Server;
        if (behind > Allowed || ahead > Allowed)
        {
            string how = behind > Allowed ? $"{Readable.Duration(behind)} behind" : $"{Readable.Duration(ahead)} ahead";
            throw new DeployException(
                ErrorTable.ClocksDiffer,
                $"The clock of this machine is {how} that of the database server of '{environment}': here it is {Moment(Answered)}, there {Moment(Server)}. "
                + $"Soak, approvals and the age of evidence would be wrong by as much, so nothing is recorded; up to {Readable.Duration(Allowed)} are allowed.",
                "Set the clock right that is wrong (timedatectl set-ntp true), then run the command again.",
                environment);
        }
    }

    private static string Moment(DateTimeOffset moment) => $"{moment.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z";
}
