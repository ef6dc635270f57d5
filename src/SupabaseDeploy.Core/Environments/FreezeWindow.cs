using System.Globalization;

namespace SupabaseDeploy.Environments;

/// <summary>A time in which nothing is published: once, from a date to another, or every week.</summary>
public sealed record FreezeWindow
{
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>The time zone its dates and times are in.</summary>
    public required TimeZoneInfo TimeZone { get; init; }

    /// <summary>The first moment of a window that happens once; null for one of every week.</summary>
    public DateTime? From { get; init; }

    /// <summary>The first moment after a window that happens once; null for one of every week.</summary>
    public DateTime? To { get; init; }

    /// <summary>The days on which a window of every week begins.</summary>
    public IReadOnlyList<DayOfWeek> Days { get; init => field = value.ToArray(); } = [];

    /// <summary>When it begins on each of <see cref="Days"/>.</summary>
    public TimeSpan Start { get; init; }

    /// <summary>When it ends; not later than <see cref="Start"/> means on the next day.</summary>
    public TimeSpan End { get; init; } = s_day;

    /// <summary>The end of the window that <paramref name="moment"/> is in, UTC; null when it is in none. What adjoins is one window.</summary>
    public DateTimeOffset? EndAt(DateTimeOffset moment)
    {
        DateTime local = TimeZoneInfo.ConvertTime(moment, TimeZone).DateTime;
        if (EndAfter(local) is not { } end)
        {
            return null;
        }

        // Windows of every week meet at midnight; the search is over after a week, when it was all of it.
        for (int day = 0; day < 7 && EndAfter(end) is { } later; day++)
        {
            end = later;
        }

        return ToUtc(end);
    }

    /// <inheritdoc/>
    public override string ToString() => Reason;

    private DateTime? EndAfter(DateTime local)
    {
        if (From is { } from && To is { } to)
        {
            return local >= from && local < to ? to : null;
        }

        // One that began yesterday may still be open.
        return EndOf(local, local.Date) ?? EndOf(local, local.Date - s_day);
    }

    private DateTime? EndOf(DateTime local, DateTime day)
    {
        if (!Days.Contains(day.DayOfWeek))
        {
            return null;
        }

        DateTime end = day + End + (End <= Start ? s_day : TimeSpan.Zero);
        return local >= day + Start && local < end ? end : null;
    }

    private DateTimeOffset ToUtc(DateTime local)
    {
        // In the time that a change to summer time leaves out the clock stands at its end already.
        DateTime valid = local;
        while (TimeZone.IsInvalidTime(valid))
        {
            valid = valid.AddMinutes(1);
        }

        return new DateTimeOffset(TimeZoneInfo.ConvertTimeToUtc(DateTime.SpecifyKind(valid, DateTimeKind.Unspecified), TimeZone), TimeSpan.Zero);
    }

    /// <summary>A date, or a date with a time; a date alone means its first moment, or, as an end, its last.</summary>
    internal static DateTime? ParseMoment(string text, bool isEnd)
    {
        if (DateTime.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime day))
        {
            return isEnd ? day + s_day : day;
        }

        return DateTime.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd HH:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime moment)
            ? moment
            : null;
    }

    /// <summary>A time of day from <c>00:00</c> to <c>24:00</c>.</summary>
    internal static TimeSpan? ParseTime(string text) =>
        text == "24:00" ? s_day
        : TimeSpan.TryParseExact(text, @"hh\:mm", CultureInfo.InvariantCulture, out TimeSpan time) ? time
        : null;
}
