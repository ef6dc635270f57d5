#requires -Version 7.6
# One application through three stages on this machine: run it, publish it, break it, roll it back, lose data, restore it.
# It works in a copy of the reference application, needs no Docker and no account, and leaves nothing behind.
$ErrorActionPreference = 'Stop'
$ConfirmPreference = 'None' # A demo, like a scheduled task, has nobody to ask.
$repository = [IO.Path]::GetDirectoryName($PSScriptRoot)
$project = [IO.Directory]::CreateTempSubdirectory('supabase-deploy-demo-').FullName
$before = $ExecutionContext.SessionState.Path.CurrentLocation.ProviderPath
Import-Module "$repository/SupabaseDeploy.psd1"

filter Show { $_ | Out-Default } # Each result in a table of its own.
function Show-Chapter([string] $Title) { "`n=== $Title" | Show }

function Edit-Page([string] $From, [string] $To) {
    $page = "$project/examples/web/index.html"
    [IO.File]::WriteAllText($page, [IO.File]::ReadAllText($page).Replace($From, $To))
}

function Add-Column([string] $Name, [string] $Type) {
    $migration = New-Migration "add_course_$Name" -WithDown
    [IO.File]::WriteAllText($migration.Path, "alter table public.courses add column $Name $Type;`n")
    [IO.File]::WriteAllText($migration.DownPath, "alter table public.courses drop column $Name;`n")
}

function Invoke-Sql([string] $Sql) {
    $connection = (Get-LocalStack production).Database.OpenAsync([Threading.CancellationToken]::None, 'demo').Result
    try { $command = $connection.CreateCommand(); $command.CommandText = $Sql; $command.ExecuteScalar() } finally { $connection.Dispose() }
}

try {
    'migrations', 'supabase', 'env', 'examples/web' | ForEach-Object { [IO.Directory]::GetFiles("$repository/$_", '*', 'AllDirectories') } | ForEach-Object {
        $copy = $_.Replace($repository, $project)
        [void][IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($copy))
        [IO.File]::Copy($_, $copy)
    }
    [void]$ExecutionContext.SessionState.Path.SetLocation($project)

    Show-Chapter '1. A local stack: PostgreSQL and a web root, migrated, seeded and healthy'
    Start-LocalStack local | Show
    Invoke-Migration local | Show
    Test-DeploymentHealth local -FailOn Degraded | Out-Default
    Show-Chapter '2. Release 1 goes to staging, then to production; never straight to production'
    Start-LocalStack staging, production | Out-Default
    New-Release | Show
    try { Publish-Environment production } catch { "Refused. $_" | Show }
    foreach ($environment in 'staging', 'production') {
        $deployment = Publish-Environment $environment
        $deployment, $deployment.Plan, $deployment.Steps | ForEach-Object { , $_ } | Show
    }
    Show-Chapter '3. Release 2 adds a migration and changes the page'
    Add-Column level "text not null default 'beginner'"
    Edit-Page '<footer>' '<footer>Now with levels. '
    New-Release | Publish-Environment staging | Test-DeploymentHealth -FailOn Degraded | Out-Default
    Get-Release -VerifiedOn staging -Latest | Publish-Environment production | Show
    Show-Chapter '4. Release 3 loses the navigation, which only production looks for: production goes back by itself'
    Add-Column price numeric
    Edit-Page '<nav>' '<div hidden>'
    New-Release | Publish-Environment staging | Show
    try { Publish-Environment production } catch { "Failed. $_" | Show }
    Get-Release | Out-Default

    Show-Chapter '5. A backup, a mistake, a drill, and the rows are back'
    Invoke-Migration production -IncludeSeed | Backup-Deployment | Show
    "Messages before the mistake: $(Invoke-Sql 'select count(*) from public.chat_messages')" | Show
    [void](Invoke-Sql 'delete from public.chat_messages')
    "Messages after the mistake: $(Invoke-Sql 'select count(*) from public.chat_messages')" | Show
    Get-DeploymentBackup production -Latest | Test-DeploymentBackup -MaxRpo 1h -MaxRto 20m | Show
    Restore-Deployment production -Backup latest | Show
    "Messages after the restore: $(Invoke-Sql 'select count(*) from public.chat_messages')" | Show

    Show-Chapter '6. What happened to production'
    Get-Deployment production | Out-Default
    Get-Deployment production | Where-Object Status -EQ RolledBack | ForEach-Object { "Deployment $($_.Number): $($_.Reason)" } | Show
}
finally {
    Get-Environment | Stop-LocalStack -RemoveData | Out-Default
    [void]$ExecutionContext.SessionState.Path.SetLocation($before)
    [IO.Directory]::Delete($project, $true)
}
