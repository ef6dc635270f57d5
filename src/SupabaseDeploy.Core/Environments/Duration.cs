using System.Globalization;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Environments;

/// <summary>Durations as people write them: <c>500ms</c>, <c>30s</c>, <c>20m</c>, <c>1h</c>, <c>7d</c>, <c>1h30m</c>. A number always has a unit.</summary>
public static class Duration
{
    /// <summary>What to write, for messages.</summary>
    public const string Expected = "a duration like '30s', '20m', '1h' or '7d'";

    // Longest first, so that 'ms' is not read as 'm'.
    private static readonly (string Unit, TimeSpan Length)[] s_units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("d", TimeSpan.FromDays(1)),
    ];

    /// <summary>Writes a duration as <see cref="Parse"/> reads it: the two largest units that are not nothing.</summary>
    public static string Format(TimeSpan duration)
    {
        (long Number, string Unit)[] parts =
            [((long)duration.TotalDays, "d"), (duration.Hours, "h"), (duration.Minutes, "m"), (duration.Seconds, "s"), (duration.Milliseconds, "ms")];
        string text = string.Concat(parts.Where(part => part.Number > 0).Take(2).Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Number}{part.Unit}")));
        return text.Length > 0 ? text : "0s";
    }

    /// <summary>Reads a duration.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.InvalidDuration"/>.</exception>
    public static TimeSpan Parse(string text) =>
        TryParse(text, out TimeSpan duration)
            ? duration
            : throw new DeployException(
                ErrorTable.InvalidDuration,
                $"'{text}' is not {Expected}{(IsBareNumber(text) ? ": the unit is missing" : "")}.",
                "Write a number with a unit: ms, s, m, h or d.",
                text);

    /// <summary>Reads a duration: whole or decimal numbers with units, largest unit first, or a TimeSpan's <c>hh:mm:ss</c>.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        if (text.Contains(':', StringComparison.Ordinal))
        {
            return TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out duration) && duration >= TimeSpan.Zero;
        }

        TimeSpan smallestSoFar = TimeSpan.MaxValue;
        for (ReadOnlySpan<char> rest = text; rest.Length > 0;)
        {
            if (!TryTakePart(ref rest, out decimal number, out TimeSpan unit) || unit >= smallestSoFar || !TryAdd(ref duration, number, unit))
            {
                return false;
            }

            smallestSoFar = unit;
        }

        return true;
    }

    private static bool TryTakePart(ref ReadOnlySpan<char> rest, out decimal number, out TimeSpan unit)
    {
        unit = TimeSpan.Zero;
        int digits = rest.IndexOfAnyExcept("0123456789.");
        if (digits <= 0)
        {
            number = 0;
            return false;
        }

        if (!decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) || rest[0] == '.' || rest[digits - 1] == '.')
        {
            return false;
        }

        rest = rest[digits..];
        foreach ((string name, TimeSpan length) in s_units)
        {
            if (rest.StartsWith(name, StringComparison.Ordinal))
            {
                rest = rest[name.Length..];
                unit = length;
                return true;
            }
        }

        return false;
    }

    private static bool TryAdd(ref TimeSpan duration, decimal number, TimeSpan unit)
    {
        if (number > (TimeSpan.MaxValue - duration).Ticks / unit.Ticks)
        {
            return false;
        }

        duration += TimeSpan.FromTicks((long)(number * unit.Ticks));
        return true;
    }

    private static bool IsBareNumber(string text) => decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out _);
}
