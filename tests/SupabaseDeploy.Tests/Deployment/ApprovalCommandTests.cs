using System.Management.Automation;

namespace SupabaseDeploy.Tests.Deployment;

/// <summary>The person is the one that a CI system's variables name.</summary>
public sealed class ApprovalCommandTests : IDisposable
{
    private readonly PublishSession _project = new(isStarted: false);

    public ApprovalCommandTests()
    {
        string pipeline = Path.Combine(_project.Root, "env", "pipeline.yml");
        File.WriteAllText(pipeline, File.ReadAllText(pipeline).Replace("promoteFrom: staging", "gates: { approvals: 1 }", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _project.Run("$env:GITLAB_CI = $null; $env:GITLAB_USER_LOGIN = $null");
        _project.Dispose();
    }

    [Fact]
    public void A_release_waits_for_somebody_else_and_then_goes_on()
    {
        _project.Lines("Start-LocalStack production; $env:GITLAB_CI = 'true'; $env:GITLAB_USER_LOGIN = 'ann'; $release = New-Release");

        Assert.NotNull(_project.Run("Publish-Environment production -Confirm").Error); // This session's host cannot ask.
        Assert.Empty(_project.Lines("Get-Deployment production -Status Pending"));

        SessionResult pending = _project.Run("Publish-Environment production; 'went on'");
        Assert.Equal(["deployment of "], pending.Output.Select(line => $"{line}"[..14]));
        Assert.StartsWith("ApprovalPending,", pending.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("Approve-Deployment production", pending.Error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);

        Assert.Equal(
            ["Pending ann True True"],
            _project.Lines("Get-Deployment production -Status Pending | ForEach-Object { \"$($_.Status) $($_.RequestedBy) $($_.Release.Id -eq $release.Id) $($_.Continue -eq \"Publish-Environment production -Release $($release.ShortId)\")\" }"));
        Assert.Equal(["Pending"], _project.Lines("(Get-Deployment production).Status"));
        Assert.Empty(_project.Lines("Get-Deployment production -Latest"));
        Assert.Matches(@"- production +[0-9a-f]{12} +Publish +Pending", _project.Show("Get-Deployment production"));

        ListWithoutStore();
        SessionResult own = _project.Run("Approve-Deployment production");
        Assert.StartsWith("ApprovalRefused,", own.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);

        _project.Lines("$env:GITLAB_USER_LOGIN = 'bob'");
        Assert.Empty(_project.Lines("Approve-Deployment production -WhatIf"));
        Assert.Equal(
            ["True bob GITLAB_USER_LOGIN ann True"],
            _project.Lines("$a = Approve-Deployment production -Reason fine; \"$($a.IsApproved) $($a.By) $($a.Source) $($a.Requester) $($a.ReleaseId -eq $release.Id)\""));

        Assert.Equal(["Succeeded"], _project.Lines("Get-Deployment production -Status Pending | Publish-Environment production | ForEach-Object Status"));
        Assert.Equal(["Succeeded"], _project.Lines("(Get-Deployment production).Status"));
        Assert.Matches(@"Environment +Release +Approved +By +Until +Message", _project.Show("Approve-Deployment production $release"));
    }

    /// <summary>The release was made elsewhere, and the keys of the store are in a password manager that has none.</summary>
    private void ListWithoutStore()
    {
        string pipeline = Path.Combine(_project.Root, "env", "pipeline.yml");
        string before = File.ReadAllText(pipeline), releases = Path.Combine(_project.Root, ".supabase-deploy", "releases"), asked = Path.Combine(_project.Root, "asked");
        File.WriteAllText(pipeline, $$"""
            {{before}}
            secrets: { command: [touch, '{{asked}}', '{name}'] }
            releases: { store: 's3://bucket/x', endpoint: 'http://127.0.0.1:9', accessKey: '${secret:NO_KEY}', secretKey: '${secret:NO_KEY}' }
            """);
        Directory.Move(releases, releases + ".away");

        Assert.Equal(["Pending True"], _project.Lines("Get-Deployment production | ForEach-Object { \"$($_.Status) $($_.Reason -like \"*-Release $($release.ShortId)*\")\" }"));
        Assert.False(File.Exists(asked));
        Assert.Equal(["Pending True"], _project.Lines("Get-Deployment production -Status Pending | ForEach-Object { \"$($_.Status) $($null -eq $_.Release)\" }"));
        Assert.True(File.Exists(asked));

        Directory.Move(releases + ".away", releases);
        File.WriteAllText(pipeline, before);
    }

    [Theory]
    [InlineData("Publish-Environment staging -Force", "InvalidValue", "no reason is given")]
    [InlineData("Publish-Environment staging -Gate soak -Reason r", "InvalidValue", "-Force is not given")]
    [InlineData("Approve-Deployment staging", "ApprovalRefused", "asks for no approvals")]
    [InlineData("Get-Deployment staging -Watch -Status Failed", "HistoryFilterInvalid", "-Watch follows the deployment that runs")]
    [InlineData("Deny-Deployment nowhere", "EnvironmentNotFound", "nowhere")]
    public void What_makes_no_sense_is_refused_in_words(string line, string id, string message)
    {
        ErrorRecord error = _project.Run(line).Error!;

        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(message, error.Exception.Message, StringComparison.Ordinal);
    }
}
