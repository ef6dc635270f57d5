BeforeAll {
    Import-Module (Get-Item "$PSScriptRoot/../../out/SupabaseDeploy/*/SupabaseDeploy.psd1").FullName -Force
    $project = New-Item -ItemType Directory -Path (Join-Path $TestDrive 'my project')
    New-Item -ItemType Directory -Path (Join-Path $project 'env'), (Join-Path $project 'migrations') | Out-Null
    Set-Content -Path (Join-Path $project 'env/pipeline.yml') -Value @'
application: courses
stages:
  - name: local
    target: local
'@
    Push-Location $project
    Start-LocalStack local | Out-Null
}

AfterAll {
    Stop-LocalStack local -RemoveData -Confirm:$false | Out-Null
    Pop-Location
}

Describe 'Backups at the prompt' {
    It '<_> has help with a synopsis and examples' -ForEach 'Backup-Deployment', 'Get-DeploymentBackup', 'Test-DeploymentBackup' {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Match 'backup'
        $help.examples.example.Count | Should -BeGreaterThan 2
    }

    It 'takes no backup under -WhatIf' {
        Backup-Deployment local -WhatIf
        Get-DeploymentBackup local | Should -BeNullOrEmpty
    }

    It 'takes, lists and proves a backup through the pipeline' {
        $drill = Get-Environment local | Backup-Deployment | Test-DeploymentBackup -MaxRpo 1h -MaxRto 20m
        $drill.Succeeded | Should -BeTrue
        (Get-DeploymentBackup local -Latest).IsProven | Should -BeTrue
    }

    It 'shows a table with readable sizes and the last drill' {
        Get-DeploymentBackup local | Out-String | Should -Match 'Consistent at \(UTC\)(.|\n)+ [kM]B (.|\n)+Passed \d{4}-'
    }

    It 'completes ids and the word latest' {
        $line = 'Get-DeploymentBackup local -Id '
        $found = (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText
        $found | Should -Contain 'latest'
        $found | Should -Contain (Get-DeploymentBackup local -Latest).Id
    }

    It 'fails with a remedy where there is no backup of that id' {
        { Get-DeploymentBackup local -Id 'nothing' } | Should -Throw -ErrorId 'BackupNotFound*'
    }
}
