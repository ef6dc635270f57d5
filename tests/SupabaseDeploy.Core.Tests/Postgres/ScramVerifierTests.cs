namespace SupabaseDeploy.Postgres;

public sealed class ScramVerifierTests
{
    /// <summary>The password and salt of RFC 7677, section 3, whose client key and server signature follow from these.</summary>
    [Fact]
    public void A_verifier_is_what_PostgreSQL_keeps() =>
        Assert.Equal(
            "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
            ScramVerifier.Create("pencil", Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ==")));

    [Fact]
    public void Two_verifiers_of_one_password_differ() => Assert.NotEqual(ScramVerifier.Create("pencil"), ScramVerifier.Create("pencil"));
}
