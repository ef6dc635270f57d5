BeforeAll {
    Import-Module (Get-Item "$PSScriptRoot/../../out/SupabaseDeploy/*/SupabaseDeploy.psd1").FullName -Force
    $project = New-Item -ItemType Directory -Path (Join-Path $TestDrive 'my project')
    New-Item -ItemType Directory -Path (Join-Path $project 'env') | Out-Null
    Set-Content -Path (Join-Path $project 'env/pipeline.yml') -Value @'
application: courses
stages:
  - name: local
    target: local
  - name: staging
    target: local
'@
    Push-Location $project
}

AfterAll {
    Pop-Location
}

Describe 'Test-DeploymentHealth' {
    It 'has help with a synopsis and examples' {
        $help = Get-Help Test-DeploymentHealth -Full
        $help.Synopsis | Should -Match 'healthy'
        $help.examples.example.Count | Should -BeGreaterThan 2
    }

    It 'completes environments and releases' {
        (TabExpansion2 'Test-DeploymentHealth st' 24).CompletionMatches.CompletionText | Should -Contain 'staging'
        (Get-Command Test-DeploymentHealth).Parameters['FailOn'].Attributes.ValidValues | Should -Be 'Degraded', 'Failed'
    }

    It 'writes one object a check for an environment that does not run, and does not fail itself' {
        $checks = Test-DeploymentHealth local
        $checks.Check | Should -Contain 'database'
        $checks.Overall | Select-Object -Unique | Should -Be 'Failed'
    }

    It 'takes environments from the pipeline' {
        Get-Environment staging | Test-DeploymentHealth | ForEach-Object { $_.Environment.Name } | Select-Object -Unique | Should -Be 'staging'
    }

    It 'shows a table grouped by environment' {
        $text = Test-DeploymentHealth local | Out-String
        $text | Should -Match 'Environment: local \(Failed\)'
        $text | Should -Match 'Check\s+Status\s+Latency Message'
    }

    It 'stops on what -FailOn names' {
        { Test-DeploymentHealth local -FailOn Degraded } | Should -Throw -ErrorId 'RequirementNotMet*'
    }

    It 'refuses a duration without a unit' {
        { Test-DeploymentHealth local -Wait 30 } | Should -Throw '*unit*'
    }
}
