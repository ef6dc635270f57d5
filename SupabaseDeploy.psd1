@{
    RootModule           = 'module/SupabaseDeploy.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = 'c7a0e1c4-5d5e-4d0b-9a53-6c9f5b7c2a11'
    Author               = 'The SupabaseDeploy authors'
    CompanyName          = 'SupabaseDeploy'
    Copyright            = '(c) 2026 The SupabaseDeploy authors. MIT License.'
    Description          = 'Carries a Flutter and Supabase application from local development to Supabase Cloud and self-hosting: migrates, publishes behind gates, watches health, rolls back, and proves that backups restore.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = 'module/SupabaseDeploy.Format.ps1xml'
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
    CmdletsToExport      = @(
        'Approve-Deployment'
        'Backup-Deployment'
        'Build-FlutterApp'
        'Compare-Environment'
        'Deny-Deployment'
        'Get-Deployment'
        'Get-DeploymentBackup'
        'Get-Environment'
        'Get-LocalStack'
        'Get-Migration'
        'Get-Release'
        'Install-LocalRuntime'
        'Invoke-Migration'
        'New-Migration'
        'New-Release'
        'Publish-Environment'
        'Repair-Migration'
        'Reset-LocalStack'
        'Restore-Deployment'
        'Start-FlutterApp'
        'Start-LocalStack'
        'Stop-LocalStack'
        'Test-DeploymentBackup'
        'Test-DeploymentHealth'
        'Test-Environment'
        'Test-FlutterApp'
        'Test-Migration'
        'Test-Release'
        'Undo-Migration'
    )
    PrivateData          = @{
        PSData = @{
            Tags       = @('Supabase', 'PostgreSQL', 'Flutter', 'Deployment', 'Migration', 'Backup', 'PSEdition_Core', 'Linux', 'Windows', 'MacOS')
            LicenseUri = 'https://opensource.org/license/mit'
        }
    }
}
