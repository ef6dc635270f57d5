using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Core.Tests.Migrations.Fleet;

public sealed class FleetWaveTests
{
    [Theory]
    [InlineData(300, 8, 1, "canary 0+1, wave 1 of 6 1+8, wave 2 of 6 9+16, wave 3 of 6 25+32, wave 4 of 6 57+64, wave 5 of 6 121+128, wave 6 of 6 249+51")]
    [InlineData(3, 8, 0, "all 0+3")]
    [InlineData(4, 1, 0, "wave 1 of 3 0+1, wave 2 of 3 1+2, wave 3 of 3 3+1")]
    [InlineData(2, 8, 5, "canary 0+2")]
    [InlineData(0, 8, 1, "")]
    public void A_canary_goes_first_and_waves_double(int databases, int throttle, int canary, string expected)
    {
        IReadOnlyList<FleetWave> waves = FleetWave.Plan(databases, new FleetOptions { ThrottleLimit = throttle, Canary = canary });

        Assert.Equal(expected, string.Join(", ", waves.Select(wave => $"{wave.Name} {wave.Start}+{wave.Count}")));
    }
}
