# What a person at a prompt sees of releases and deployments. Starts nothing.
BeforeAll {
    Import-Module (Get-Item "$PSScriptRoot/../../out/SupabaseDeploy/*/SupabaseDeploy.psd1").FullName -Force
    $project = Join-Path $TestDrive 'a project'
    New-Item -ItemType Directory -Path "$project/env", "$project/migrations", "$project/web" -Force | Out-Null
    Set-Content "$project/env/pipeline.yml" "application: courses`nweb: { bundle: web }`nstages:`n  - name: staging`n    target: local`n  - name: production`n    target: local`n    promoteFrom: staging"
    Set-Content "$project/migrations/001_first.sql" 'select 1;'
    Set-Content "$project/web/index.html" 'ready'
}

AfterAll {
    Remove-Module SupabaseDeploy
}

Describe '<_>' -ForEach 'New-Release', 'Get-Release', 'Publish-Environment', 'Get-Deployment', 'Restore-Deployment', 'Approve-Deployment', 'Deny-Deployment', 'Test-Release' {
    It 'has help with a synopsis and examples' {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.examples.example.Count | Should -BeGreaterThan 1
    }
}

Describe 'A release' {
    It 'is not made by -WhatIf' {
        New-Release -Project $project -WhatIf | Should -BeNullOrEmpty
        Test-Path "$project/.supabase-deploy" | Should -BeFalse
    }

    It 'is shown as a table, and its id completes' {
        $release = New-Release -Project $project
        $release | Out-String -Width 160 | Should -Match 'Release\s+Application\s+Created\s+Commit\s+Migrations\s+Functions\s+WebFiles\s+RunsOn\s+Evidence'
        (TabExpansion2 "Get-Release -Project '$project' $($release.Id.Substring(0, 2))").CompletionMatches.ListItemText | Should -Be $release.ShortId
    }
}

Describe 'Publish-Environment' {
    It 'goes past gates only for a reason, and names the gates' {
        { Publish-Environment staging -Project $project -Force -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidValue*'
        (TabExpansion2 'Publish-Environment staging -Gate so').CompletionMatches.ListItemText | Should -Be 'soak'
    }
}

Describe 'Publish-Environment and Restore-Deployment' {
    It 'take the environment by position and the release from the pipeline' {
        $parameters = (Get-Command Publish-Environment).Parameters
        $parameters['Environment'].Attributes.Where{ $_ -is [Parameter] }[0].Position | Should -Be 0
        $parameters['Release'].Attributes.Where{ $_ -is [Parameter] }[0].ValueFromPipeline | Should -BeTrue
    }

    It 'name the command that starts a stage that does not run' {
        $failure = { New-Release -Project $project | Publish-Environment staging -Project $project } | Should -Throw -PassThru
        $failure.ErrorDetails.RecommendedAction | Should -Match 'Start-LocalStack staging'
    }

    It 'refuse a duration without a unit' {
        { Publish-Environment staging -Project $project -Wait 5 } | Should -Throw '*5*'
    }
}

Describe 'Restore-Deployment' {
    It 'takes a release, a backup or a restore point, and only one of them' {
        (Get-Command Restore-Deployment).ParameterSets.Name | Sort-Object | Should -Be 'Backup', 'Release', 'RestorePoint'
        { Restore-Deployment staging -Project $project -Backup latest -RestorePoint sd-1 } | Should -Throw -ErrorId 'AmbiguousParameterSet*'
    }
}

Describe 'Get-Deployment' {
    It 'takes points in time as dates and as durations before now, and completes the status' {
        { Get-Deployment staging -Project $project -Since 2026-01-01 -Until 2025-01-01 -ErrorAction Stop } | Should -Throw -ErrorId 'HistoryFilterInvalid*'
        { Get-Deployment staging -Project $project -Since 7 } | Should -Throw '*7d*'
        (TabExpansion2 'Get-Deployment staging -Status Roll').CompletionMatches.ListItemText | Should -Be 'RolledBack'
    }
}
