namespace SupabaseDeploy.Environments;

/// <summary>Reads <c>gates</c> of a stage.</summary>
internal static class GatesReader
{
    /// <summary>The kinds of evidence that commands of this version make (<see cref="Deployments.Evidence"/>).</summary>
    private static readonly string[] s_evidence = ["healthy", "tests", "rehearsal", "functions", "drill"];

    private static readonly Dictionary<string, DayOfWeek> s_days = new()
    {
        ["mon"] = DayOfWeek.Monday,
        ["tue"] = DayOfWeek.Tuesday,
        ["wed"] = DayOfWeek.Wednesday,
        ["thu"] = DayOfWeek.Thursday,
        ["fri"] = DayOfWeek.Friday,
        ["sat"] = DayOfWeek.Saturday,
        ["sun"] = DayOfWeek.Sunday,
    };

    /// <summary>The kinds <c>gates.evidence</c> takes.</summary>
    public static IReadOnlyCollection<string> Evidence => s_evidence;

    public static WrittenGates? Read(MapReader? gates, ProblemList problems)
    {
        if (gates is null)
        {
            return null;
        }

        (IReadOnlyList<Written<string>> kinds, IReadOnlyList<MapReader> limited) = gates.TextsAndMaps("evidence", "a list of kinds of evidence", "text or a mapping with 'kind' and 'maxAge'");
        WrittenEvidence?[] evidence =
        [
            .. kinds.Select(kind => new WrittenEvidence(kind, null)),
            .. limited.Select(each => Limited(each)),
        ];
        foreach (Written<string> kind in evidence.OfType<WrittenEvidence>().Select(each => each.Kind).Where(kind => !s_evidence.Contains(kind.Value)))
        {
            problems.Error(kind.Path, kind.Line, $"'{kind.Value}' is evidence that no command of this version makes, so that nothing could be published; expected {Suggestion.OneOf(s_evidence)}.{Suggestion.For(kind.Value, s_evidence)}");
        }

        foreach (WrittenEvidence twice in evidence.OfType<WrittenEvidence>().GroupBy(each => each.Kind.Value).SelectMany(same => same.Skip(1)))
        {
            problems.Error(twice.Kind.Path, twice.Kind.Line, $"'{twice.Kind.Value}' is given twice; expected it once, with the 'maxAge' that counts.");
        }

        return new WrittenGates
        {
            Evidence = [.. evidence.OfType<WrittenEvidence>()],
            Soak = gates.Span("soak"),
            Approvals = gates.Number("approvals", 0, 100),
            ApprovalsWithin = gates.Span("approvalsWithin"),
            DrillWithin = gates.Span("drillWithin"),
            Freeze = [.. gates.Maps("freeze", "a list of times in which nothing is published").Select(window => Window(window, problems)).OfType<FreezeWindow>()],
        };
    }

    private static WrittenEvidence? Limited(MapReader evidence)
    {
        evidence.Require("kind", Suggestion.OneOf(s_evidence));
        Written<TimeSpan>? age = evidence.Span("maxAge");
        return evidence.Text("kind", Suggestion.OneOf(s_evidence)) is { } kind ? new WrittenEvidence(kind, age) : null;
    }

    private static FreezeWindow? Window(MapReader window, ProblemList problems)
    {
        window.Require("reason", "why, for those who are refused");
        Written<string>? reason = window.Text("reason", "why, for those who are refused");
        TimeZoneInfo? zone = Zone(window.Text("timeZone", "a time zone like 'Europe/Berlin'"), problems);
        int known = problems.Problems.Count;
        IReadOnlyList<Written<string>> days = window.Texts("days", $"a list of {Suggestion.OneOf([.. s_days.Keys])}");
        foreach (Written<string> day in days.Where(day => !s_days.ContainsKey(day.Value)))
        {
            problems.Error(day.Path, day.Line, $"'{day.Value}' is not a day; expected {Suggestion.OneOf([.. s_days.Keys])}.");
        }

        // Days that cannot be read are meant all the same: without them 'from' and 'to' would be taken for dates.
        if (reason is null || zone is null || problems.Problems.Count > known)
        {
            return null;
        }

        return days.Count > 0
            ? Weekly(window, reason.Value, zone, [.. days.Select(day => s_days[day.Value])])
            : Once(window, reason.Value, zone, problems);
    }

    private static FreezeWindow? Weekly(MapReader window, string reason, TimeZoneInfo zone, DayOfWeek[] days)
    {
        const string Expected = "a time from '00:00' to '24:00', in quotes";
        Written<string>? from = window.Text("from", Expected, text => FreezeWindow.ParseTime(text) < TimeSpan.FromDays(1));
        Written<string>? to = window.Text("to", Expected, text => FreezeWindow.ParseTime(text) is not null);
        return new FreezeWindow
        {
            Reason = reason,
            TimeZone = zone,
            Days = days,
            Start = from is null ? TimeSpan.Zero : FreezeWindow.ParseTime(from.Value)!.Value,
            End = to is null ? TimeSpan.FromDays(1) : FreezeWindow.ParseTime(to.Value)!.Value,
        };
    }

    private static FreezeWindow? Once(MapReader window, string reason, TimeZoneInfo zone, ProblemList problems)
    {
        const string Expected = "a date like '2026-12-24', with a time like '2026-12-24T18:00', or 'days' beside it and a time";
        window.Require("from", Expected);
        window.Require("to", Expected);
        Written<string>? from = window.Text("from", Expected, text => FreezeWindow.ParseMoment(text, isEnd: false) is not null);
        Written<string>? to = window.Text("to", Expected, text => FreezeWindow.ParseMoment(text, isEnd: true) is not null);
        if (from is null || to is null)
        {
            return null;
        }

        DateTime begin = FreezeWindow.ParseMoment(from.Value, isEnd: false)!.Value;
        DateTime end = FreezeWindow.ParseMoment(to.Value, isEnd: true)!.Value;
        if (end <= begin)
        {
            problems.Error(to.Path, to.Line, $"'{to.Value}' is not after '{from.Value}'; expected a later one.");
            return null;
        }

        return new FreezeWindow { Reason = reason, TimeZone = zone, From = begin, To = end };
    }

    private static TimeZoneInfo? Zone(Written<string>? zone, ProblemList problems)
    {
        if (zone is null)
        {
            return TimeZoneInfo.Utc;
        }

        if (TimeZoneInfo.TryFindSystemTimeZoneById(zone.Value, out TimeZoneInfo? found))
        {
            return found;
        }

        problems.Error(zone.Path, zone.Line, $"'{zone.Value}' is no time zone that this machine knows; expected one like 'Europe/Berlin'.");
        return null;
    }
}
