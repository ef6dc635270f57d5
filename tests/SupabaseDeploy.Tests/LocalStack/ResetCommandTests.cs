using System.Management.Automation;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.LocalStack;

public sealed class ResetCommandTests
{
    [Fact]
    public void A_reset_says_first_what_is_lost_and_then_what_is_there()
    {
        using var project = new StackSession();
        Assert.Equal(["001"], project.Lines("Start-LocalStack | Invoke-Migration | ForEach-Object Version"));

        // This session's host cannot ask, so the question is an error.
        Assert.NotNull(project.Run("Reset-LocalStack").Error);
        Assert.Equal(
            ["Replace the database by a new one with 1 migration. It holds no rows."],
            project.Lines("Reset-LocalStack -WhatIf | ForEach-Object { \"$_\" }"));
        Assert.Equal(
            ["local 001 1 True running"],
            project.Lines("Get-LocalStack local | Reset-LocalStack -Confirm:$false | ForEach-Object { \"$($_.Environment) $($_.Version) $($_.Total) $($_.Changed) $((Get-LocalStack local).State)\".Replace('Running', 'running') }"));
        Assert.Equal(["Reset Succeeded"], project.Lines("Get-Deployment local | ForEach-Object { \"$($_.Kind) $($_.Status)\" }"));
        Assert.Equal(["001"], project.Lines("Get-Migration local | Where-Object State -eq Applied | ForEach-Object Version"));
    }

    [Fact]
    public void What_cannot_be_reset_is_refused_with_a_remedy()
    {
        using var project = new StackSession();

        SessionResult stopped = project.Run("Reset-LocalStack -Confirm:$false");
        SessionResult elsewhere = project.Run("$env:LOCAL_STACK_TESTS_NEVER_SET_THIS = 'postgresql://postgres@127.0.0.1/x'; try { Reset-LocalStack production -Confirm:$false } finally { $env:LOCAL_STACK_TESTS_NEVER_SET_THIS = $null }");

        Assert.StartsWith("LocalStackNotRunning", stopped.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("Run 'Start-LocalStack local' first.", stopped.Error.ErrorDetails.RecommendedAction);
        Assert.StartsWith("NotALocalEnvironment", elsewhere.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Versions_of_the_files_complete()
    {
        using var project = new StackSession();

        string line = $"Reset-LocalStack -Project '{project.Root}' -To ";
        using var shell = PowerShell.Create();
        shell.Runspace = project.Session.Runspace;
        Assert.Equal(
            ["001"],
            CommandCompletion.CompleteInput(line, line.Length, null, shell).CompletionMatches.Select(match => match.CompletionText));
    }
}
