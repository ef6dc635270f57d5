namespace SupabaseDeploy.Tests.Secrets;

/// <summary>How each command is run with marked secrets: ways that succeed, and ways that fail where a secret was about to be used.</summary>
internal static class MarkedCalls
{
    /// <summary>The scripts by the command they are about.</summary>
    public static IReadOnlyDictionary<string, MarkedCall[]> Of { get; } = new Dictionary<string, MarkedCall[]>
    {
        ["Approve-Deployment"] =
        [
            new("try { Publish-Environment production -Confirm:$false } catch { $_ }; $env:GITHUB_ACTOR = 'bob'; try { Approve-Deployment production -Confirm:$false } finally { $env:GITHUB_ACTOR = 'ann' }; Publish-Environment production -Confirm:$false"),
            new("Approve-Deployment wrong -Confirm:$false", ""),
        ],
        ["Backup-Deployment"] =
        [
            new("Backup-Deployment staging -Confirm:$false"),
            new("Backup-Deployment -DatabaseUrl $url -Path . -Confirm:$false"),
            new("Backup-Deployment staging -WhatIf"),
            new("[IO.File]::WriteAllText(\"$PWD/break-dump\", ''); try { Backup-Deployment staging -Confirm:$false } finally { [IO.File]::Delete(\"$PWD/break-dump\") }", ""),
            new("Backup-Deployment wrong -Confirm:$false", ""),
            new("Backup-Deployment -DatabaseUrl $deadUrl -Confirm:$false", ""),
        ],
        ["Build-FlutterApp"] = [new("Build-FlutterApp local -Confirm:$false"), new("Build-FlutterApp local -ArgumentList --nonsense -Path nowhere -Confirm:$false", "")],
        ["Compare-Environment"] =
        [
            new("Compare-Environment staging production"),
            new("Compare-Environment -DatabaseUrl $url -Path ."),
            new("Compare-Environment wrong staging", ""),
            new("Compare-Environment -DatabaseUrl $badUrl -Path .", ""),
        ],
        ["Deny-Deployment"] = [new("Deny-Deployment production -Confirm:$false", ""), new("Deny-Deployment dead -Confirm:$false", "")],
        ["Get-Deployment"] = [new("Get-Deployment staging"), new("Get-Deployment -DatabaseUrl $url"), new("Get-Deployment wrong", ""), new("Get-Deployment staging -ExportTo ledger.json")],
        ["Get-DeploymentBackup"] = [new("Get-DeploymentBackup staging"), new("Get-DeploymentBackup -DatabaseUrl $badUrl", "")],
        ["Get-Environment"] = [new("Get-Environment local, staging, production, dead"), new("Get-Environment *", ""), new("Get-Environment bad-url", "")],
        ["Get-LocalStack"] = [new("Get-LocalStack local"), new("(Get-LocalStack local).Services"), new("(Get-LocalStack local).Keys"), new("Get-LocalStack local -Log auth, gateway, database"), new("Get-LocalStack staging", "")],
        ["Get-Migration"] = [new("Get-Migration local, staging"), new("Get-Migration -DatabaseUrl $wrongUrl -Path .", ""), new("Get-Migration dead", "")],
        ["Get-Release"] = [new("Get-Release"), new("Get-Release -Latest -ExportTo . -Confirm:$false"), new("Get-Release ffffffffffff", "")],
        ["Install-LocalRuntime"] = [new("Install-LocalRuntime -WhatIf"), new("Install-LocalRuntime postgrest -BaseAddress $mirror -Confirm:$false", "")],
        ["Invoke-Migration"] =
        [
            new("Invoke-Migration local, staging -Confirm:$false"),
            new("Invoke-Migration -DatabaseUrl $url -Path . -Confirm:$false"),
            new("Invoke-Migration production -WhatIf"),
            new("Invoke-Migration wrong -Confirm:$false", ""),
            new("Invoke-Migration -DatabaseUrl $deadUrl -Path . -Confirm:$false", ""),
            new("Invoke-Migration -Path . -Confirm:$false", ""),
        ],
        ["New-Migration"] = [new("New-Migration add_nothing -WhatIf"), new("New-Migration '///' -Confirm:$false", "")],
        ["New-Release"] = [new("New-Release -Confirm:$false"), new("New-Release -WebBundle nowhere -Confirm:$false", "")],
        ["Publish-Environment"] =
        [
            new("New-Release -Confirm:$false | Publish-Environment staging -Confirm:$false"),
            new("New-Release -Confirm:$false | Publish-Environment staging -WhatIf"),
            new("Publish-Environment production -WhatIf"),
            new("Publish-Environment broken-host -Confirm:$false", ""),
            new("Publish-Environment no-program -Confirm:$false", ""),
            new("$troubled.Invoke('v1-bulk-create-secrets'); Publish-Environment troubled -Confirm:$false", ""),
            new("$troubled.Invoke('v1-update-auth-service-config'); Publish-Environment troubled -Confirm:$false", ""),
            new("Publish-Environment troubled -Confirm:$false", ""),
            new("Publish-Environment wrong -Confirm:$false", ""),
            new("Publish-Environment dead -Confirm:$false", ""),
            new("Publish-Environment revoked -Confirm:$false", ""),
            new("Publish-Environment unresolved -Confirm:$false", ""),
        ],
        ["Repair-Migration"] = [new("Repair-Migration staging -WhatIf"), new("Repair-Migration wrong -Confirm:$false", ""), new("Repair-Migration -DatabaseUrl $deadUrl -Path . -Confirm:$false", "")],
        ["Reset-LocalStack"] = [new("Reset-LocalStack local -Confirm:$false"), new("Reset-LocalStack staging -Confirm:$false", "")],
        ["Restore-Deployment"] =
        [
            new("""
                [IO.File]::WriteAllText("$PWD/supabase/functions/hello/index.ts", "Deno.serve(() => new Response('changed'));")
                New-Release -Confirm:$false | Publish-Environment staging -Confirm:$false
                Restore-Deployment staging -WhatIf
                Restore-Deployment staging -Confirm:$false
                Test-DeploymentHealth staging -Record
                """),
            new("Restore-Deployment wrong -Confirm:$false", ""),
        ],
        ["Start-FlutterApp"] = [new("$app = Start-FlutterApp local -PassThru -Confirm:$false; $app; $null = $app.Stop()"), new("Start-FlutterApp local -Path nowhere -Confirm:$false", "")],
        ["Start-LocalStack"] = [new("Start-LocalStack local -Service gateway, auth, rest -Confirm:$false"), new("Start-LocalStack staging -Confirm:$false", "")],
        ["Stop-LocalStack"] = [new("Stop-LocalStack local -Confirm:$false; Start-LocalStack local -Service gateway, auth, rest -Confirm:$false"), new("Stop-LocalStack staging -Confirm:$false", "")],
        ["Test-DeploymentBackup"] = [new("Test-DeploymentBackup staging"), new("Test-DeploymentBackup -DatabaseUrl $badUrl", "")],
        ["Test-DeploymentHealth"] = [new("Test-DeploymentHealth local, staging"), new("Test-DeploymentHealth wrong, dead, revoked -FailOn Degraded", ""), new("Test-DeploymentHealth -DatabaseUrl $wrongUrl -Path .")],
        ["Test-Environment"] = [new("Test-Environment"), new("Test-Environment * -FailOn Error", "")],
        ["Test-FlutterApp"] = [new("Test-FlutterApp local"), new("Test-FlutterApp local -Path nowhere", "")],
        ["Test-Migration"] = [new("Test-Migration"), new("Test-Migration staging"), new("Test-Migration wrong", "")],
        ["Test-Release"] = [new("New-Release -Confirm:$false | Test-Release -Check rehearsal"), new("New-Release -Confirm:$false | Test-Release -Environment wrong -Check rehearsal, flutter", "")],
        ["Undo-Migration"] = [new("Undo-Migration local -Last 1 -Confirm:$false; Invoke-Migration local -Confirm:$false"), new("Undo-Migration wrong -Last 1 -Confirm:$false", "")],
    };
}

/// <summary>One script.</summary>
/// <param name="Script">The script.</param>
/// <param name="Error">How the id of the error begins that it ends with; null for none.</param>
internal sealed record MarkedCall(string Script, string? Error = null);
