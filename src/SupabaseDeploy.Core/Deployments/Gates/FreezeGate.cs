using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Deployments;

/// <summary>Nothing is published in a freeze. No I/O.</summary>
internal static class FreezeGate
{
    public static Gate Check(FreezeWindow window, DateTimeOffset now)
    {
        var gate = new Gate($"no freeze ({window.Reason})", true, "Now is outside of it.", null) { Kind = GateKind.Freeze };
        if (window.EndAt(now) is not { } end)
        {
            return gate;
        }

        DateTimeOffset local = TimeZoneInfo.ConvertTime(end, window.TimeZone);
        return gate with
        {
            IsPassed = false,
            IsPending = true,
            Message = $"Nothing is published until {local:yyyy-MM-dd HH:mm} ({window.TimeZone.Id}, {end:yyyy-MM-dd HH:mm}Z): {window.Reason}",
            Remedy = $"Wait until {end:yyyy-MM-dd HH:mm}Z, or, for a repair, go past it with -Force -Gate {GateKind.Freeze} -Reason '…'.",
        };
    }
}
