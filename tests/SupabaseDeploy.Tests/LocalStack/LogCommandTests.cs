namespace SupabaseDeploy.Tests.LocalStack;

public sealed class LogCommandTests
{
    [Fact]
    public void Logs_are_read_followed_until_the_pipeline_ends_and_shown_and_keys_are_masked()
    {
        using var project = new StackSession();
        project.Lines("Start-LocalStack");

        Assert.Contains(project.Lines("Get-LocalStack local -Log db"), line => line.Contains("ready to accept connections", StringComparison.Ordinal));
        Assert.Equal(["gateway"], project.Lines("Get-LocalStack local -Log gateway -Follow | ForEach-Object { $_.Service; break }"));
        Assert.StartsWith("database  | ", project.Session.Show("Get-LocalStack local -Log db -Tail 1").TrimStart(), StringComparison.Ordinal);
        Assert.Equal("ServiceUnknown", project.Run("Get-LocalStack local -Log kong").Error!.FullyQualifiedErrorId.Split(',')[0]);

        Assert.Equal(["***"], project.Lines("(Get-LocalStack local).Keys.SecretKey"));
        Assert.StartsWith("sb_secret_", project.Lines("(Get-LocalStack local).Keys.SecretKey.Reveal()")[0], StringComparison.Ordinal);
    }
}
