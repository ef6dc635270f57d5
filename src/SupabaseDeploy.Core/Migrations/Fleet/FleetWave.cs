namespace SupabaseDeploy.Migrations;

/// <summary>Databases that are migrated together, before any of the next wave is begun.</summary>
/// <param name="Name">How it is called on the screen: <c>canary</c>, <c>wave 2 of 5</c>.</param>
/// <param name="Start">The first of its databases, from 0.</param>
/// <param name="Count">How many.</param>
internal sealed record FleetWave(string Name, int Start, int Count)
{
    /// <summary>
    /// The canary, then waves that double in size, beginning with what runs at once: a fault that shows only on some databases meets few of
    /// them, and hundreds of databases wait for the slowest of a wave only a few times.
    /// </summary>
    public static IReadOnlyList<FleetWave> Plan(int databases, FleetOptions options)
    {
        int canary = Math.Min(options.Canary, databases);
        var sizes = new List<int>();
        for (int left = databases - canary, size = options.ThrottleLimit; left > 0; size *= 2)
        {
            sizes.Add(Math.Min(size, left));
            left -= sizes[^1];
        }

        var waves = new List<FleetWave>();
        if (canary > 0)
        {
            waves.Add(new FleetWave("canary", 0, canary));
        }

        int start = canary;
        foreach (int size in sizes)
        {
            waves.Add(new FleetWave(sizes.Count == 1 ? "all" : $"wave {waves.Count + (canary > 0 ? 0 : 1)} of {sizes.Count}", start, size));
            start += size;
        }

        return waves;
    }
}
