using System.Management.Automation;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Secrets;

/// <summary>
/// <c>${secret:NAME}</c> from a vault. The module <c>Microsoft.PowerShell.SecretManagement</c> is one of the test's own, with the name, the
/// parameters and the errors of the real one.
/// </summary>
public sealed class SecretVaultTests : IDisposable
{
    private const string Vault = """
        function Get-Secret {
            [CmdletBinding(DefaultParameterSetName = 'NameParameterSet')]
            param(
                [Parameter(Position = 0, Mandatory, ValueFromPipeline, ParameterSetName = 'NameParameterSet')] [string] $Name,
                [Parameter(Position = 1, ParameterSetName = 'NameParameterSet')] [string] $Vault,
                [switch] $AsPlainText)
            [IO.File]::AppendAllText('ASKED', "$Vault $Name`n")
            if ($Vault -ne 'team') { throw "Vault $Vault does not exist in registry." }
            $PSCmdlet.WriteVerbose("asked for $Name")
            $value = switch ($Name) {
                'SDVAULT_TEXT' { 'hunter2 text' }
                'SDVAULT_URL' { 'postgresql://app:hunter2@db.example.org/app' }
                'SDVAULT_TABLE' { return @{ password = 'hunter2' } }
                default {
                    $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new([Management.Automation.ItemNotFoundException]::new("The secret $Name was not found."), 'GetSecretNotFound', 'ObjectNotFound', $null))
                    return
                }
            }
            if ($AsPlainText) { $value } else { [Net.NetworkCredential]::new('', $value).SecurePassword }
        }
        Export-ModuleMember -Function Get-Secret
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly ModuleSession _session;

    public SecretVaultTests() => _session = new ModuleSession(_folder.Path);

    private string Asked => Path.Combine(_folder.Path, "asked");

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Where_SecretManagement_is_not_installed_the_error_says_so()
    {
        Pipeline("team", "SDVAULT_TEXT");
        SessionResult result = _session.Run("Get-Environment cloud");
        Assert.EndsWith(
            "there is no file '.supabase-deploy/secrets/SDVAULT_TEXT' and the vault 'team' cannot be asked, as Microsoft.PowerShell.SecretManagement is not installed.",
            result.Error!.Exception.Message);
    }

    [Fact]
    public void A_vault_gives_values_and_is_asked_once_for_each()
    {
        Install();
        Pipeline("team", "SDVAULT_TEXT", "SDVAULT_TEXT", "SDVAULT_URL");

        SessionResult result = _session.Run("Get-Environment cloud, cloud -Verbose -Debug | ForEach-Object { $_.Cloud.Secrets['S0'].Reveal(); $_.SecretOrigins -join ', ' }");

        Assert.Null(result.Error);
        Assert.Equal(["hunter2 text", "SDVAULT_TEXT (vault), SDVAULT_URL (vault)"], result.Output.Take(2).Select(value => value.ToString()));
        Assert.Equal(["team SDVAULT_TEXT", "team SDVAULT_URL"], File.ReadAllLines(Asked));
        Assert.DoesNotContain("hunter2", string.Concat(result.Verbose));
        PSObject ok = Assert.Single(_session.Run("Test-Environment cloud").Output);
        Assert.EndsWith("Secrets: SDVAULT_TEXT (vault), SDVAULT_URL (vault).", $"{ok.Properties["Message"].Value}");
    }

    [Theory]
    [InlineData("team", "SDVAULT_NONE", "the vault 'team' has no 'SDVAULT_NONE' to give (The secret SDVAULT_NONE was not found).")]
    [InlineData("other", "SDVAULT_TEXT", "the vault 'other' has no 'SDVAULT_TEXT' to give (Vault other does not exist in registry).")]
    [InlineData("team", "SDVAULT_TABLE", "'SDVAULT_TABLE' in the vault 'team' is a Hashtable, not text.")]
    public void What_a_vault_does_not_give_is_a_reason(string vault, string name, string reason)
    {
        Install();
        Pipeline(vault, name);
        SessionResult result = _session.Run("Publish-Environment cloud -WhatIf; 'went on'");
        Assert.Empty(result.Output);
        Assert.EndsWith(reason, result.Error!.Exception.Message);
        Assert.DoesNotContain("hunter2", result.Error.Exception.ToString());
    }

    [Fact]
    public void A_vault_is_not_asked_while_a_word_is_completed()
    {
        Install();
        Pipeline("team", "SDVAULT_TEXT");
        _session.Run("[Management.Automation.CommandCompletion]::CompleteInput('Test-DeploymentBackup cloud -Backup ', 35, $null)");
        Assert.False(File.Exists(Asked));
    }

    private void Install()
    {
        _folder.Write("modules/Microsoft.PowerShell.SecretManagement/Microsoft.PowerShell.SecretManagement.psm1", Vault.Replace("ASKED", Asked, StringComparison.Ordinal));
        _session.Run($"$env:PSModulePath = '{Path.Combine(_folder.Path, "modules")}' + [IO.Path]::PathSeparator + $env:PSModulePath");
    }

    private void Pipeline(string vault, params string[] secrets) => _folder.Write("env/pipeline.yml", $$"""
        application: courses
        secrets: { vault: {{vault}} }
        stages:
          - name: cloud
            target: supabase-cloud
            project: abcdefghijklmnopqrst
            accessToken: ${secret:{{secrets[0]}}}
            secrets:
        {{string.Concat(secrets.Select((secret, index) => $"      S{index}: ${{secret:{secret}}}\n"))}}
        """);
}
