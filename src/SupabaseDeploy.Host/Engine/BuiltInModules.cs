using System.Collections.Frozen;

namespace SupabaseDeploy.Host.Engine;

/// <summary>The commands of the modules that come with pwsh and not with the engine (PowerShell 7.6, the manifests in src/Modules).</summary>
internal static class BuiltInModules
{
    private static readonly FrozenDictionary<string, string> s_moduleOf = Index(
        ("Microsoft.PowerShell.Utility", """
            Add-Member Add-Type Clear-Variable Compare-Object ConvertFrom-CliXml ConvertFrom-Csv ConvertFrom-Json ConvertFrom-Markdown
            ConvertFrom-StringData ConvertTo-CliXml ConvertTo-Csv ConvertTo-Html ConvertTo-Json ConvertTo-Xml Debug-Runspace
            Disable-PSBreakpoint Disable-RunspaceDebug Enable-PSBreakpoint Enable-RunspaceDebug Export-Alias Export-Clixml Export-Csv
            Export-FormatData Export-PSSession Format-Custom Format-Hex Format-List Format-Table Format-Wide Get-Alias Get-Culture Get-Date
            Get-Error Get-Event Get-EventSubscriber Get-FileHash Get-FormatData Get-Host Get-MarkdownOption Get-Member Get-PSBreakpoint
            Get-PSCallStack Get-Random Get-Runspace Get-RunspaceDebug Get-SecureRandom Get-TraceSource Get-TypeData Get-UICulture Get-Unique
            Get-Uptime Get-Variable Get-Verb Group-Object Import-Alias Import-Clixml Import-Csv Import-LocalizedData Import-PSSession
            Import-PowerShellDataFile Invoke-Expression Invoke-RestMethod Invoke-WebRequest Join-String Measure-Command Measure-Object
            New-Alias New-Event New-Guid New-Object New-TemporaryFile New-TimeSpan New-Variable Out-File Out-String Read-Host
            Register-EngineEvent Register-ObjectEvent Remove-Alias Remove-Event Remove-PSBreakpoint Remove-TypeData Remove-Variable
            Select-Object Select-String Select-Xml Send-MailMessage Set-Alias Set-Date Set-MarkdownOption Set-PSBreakpoint Set-TraceSource
            Set-Variable Show-Markdown Sort-Object Start-Sleep Tee-Object Test-Json Trace-Command Unblock-File Unregister-Event
            Update-FormatData Update-List Update-TypeData Wait-Debugger Wait-Event Write-Debug Write-Error Write-Host Write-Information
            Write-Output Write-Progress Write-Verbose Write-Warning
            """),
        ("Microsoft.PowerShell.Management", """
            Add-Content Clear-Content Clear-Item Clear-ItemProperty Convert-Path Copy-Item Copy-ItemProperty Debug-Process Get-ChildItem
            Get-Clipboard Get-Content Get-Item Get-ItemProperty Get-ItemPropertyValue Get-Location Get-PSDrive Get-PSProvider Get-Process
            Get-TimeZone Invoke-Item Join-Path Move-Item Move-ItemProperty New-Item New-ItemProperty New-PSDrive Pop-Location Push-Location
            Remove-Item Remove-ItemProperty Remove-PSDrive Rename-Item Rename-ItemProperty Resolve-Path Restart-Computer Set-Clipboard
            Set-Content Set-Item Set-ItemProperty Set-Location Split-Path Start-Process Stop-Computer Stop-Process Test-Connection Test-Path
            Wait-Process
            """),
        ("Microsoft.PowerShell.Security", """
            ConvertFrom-SecureString ConvertTo-SecureString Get-CmsMessage Get-Credential Get-ExecutionPolicy Get-PfxCertificate
            Protect-CmsMessage Set-ExecutionPolicy Unprotect-CmsMessage
            """));

    /// <summary>The module a command belongs to, or null when it is none of these.</summary>
    public static string? ModuleOf(string command) => s_moduleOf.GetValueOrDefault(command);

    private static FrozenDictionary<string, string> Index(params (string Module, string Commands)[] modules) =>
        modules
            .SelectMany(module => module.Commands.Split((char[])[' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries), (module, command) => (module.Module, command))
            .ToFrozenDictionary(pair => pair.command, pair => pair.Module, StringComparer.OrdinalIgnoreCase);
}
