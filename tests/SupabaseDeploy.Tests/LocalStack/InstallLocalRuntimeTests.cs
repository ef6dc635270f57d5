using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.LocalStack;

/// <summary>Installs nothing: Core's tests do.</summary>
public sealed class InstallLocalRuntimeTests
{
    [Theory]
    [InlineData("Install-LocalRuntime kong", "RuntimeUnknown")]
    [InlineData("Install-LocalRuntime rest -BaseAddress ftp://mirror.example/", "InvalidBaseAddress")]
    public void What_cannot_be_is_refused(string script, string error)
    {
        using var folder = new TemporaryFolder();
        using var session = new ModuleSession(folder.Path);

        SessionResult result = session.Run(script);

        Assert.Equal(error, result.Error!.FullyQualifiedErrorId.Split(',')[0]);
    }

    [Fact]
    public void Names_complete_and_WhatIf_installs_nothing()
    {
        using var folder = new TemporaryFolder();
        using var session = new ModuleSession(folder.Path);

        SessionResult completed = session.Run(
            "([System.Management.Automation.CommandCompletion]::CompleteInput('Install-LocalRuntime ', 21, $null)).CompletionMatches | ForEach-Object CompletionText");
        Assert.Equal(["postgres", "meta", "deno", "rest", "auth", "mail"], completed.Output.Select(value => $"{value}"));
        SessionResult result = session.Run("Install-LocalRuntime auth -WhatIf");
        Assert.Null(result.Error);
        Assert.Empty(result.Output);
    }
}
