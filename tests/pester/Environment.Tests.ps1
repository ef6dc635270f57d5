BeforeAll {
    Import-Module (Get-Item "$PSScriptRoot/../../out/SupabaseDeploy/*/SupabaseDeploy.psd1").FullName -Force
    $project = Join-Path $TestDrive 'a project'
    New-Item -ItemType Directory -Path (Join-Path $project 'env') | Out-Null
    Set-Content -Path (Join-Path $project 'env/pipeline.yml') -Value @'
application: courses
stages:
  - name: local
    target: local
  - name: production
    target: local
    promoteFrom: local
    gates: { evidence: [healthy] }
'@
    Push-Location $project
}

AfterAll {
    Pop-Location
    Remove-Module SupabaseDeploy
}

Describe 'Get-Environment' {
    It 'shows where releases come from and what guards them' {
        Get-Environment | Out-String | Should -Match 'production +local +local +own cluster +healthy'
    }

    It 'completes names' {
        (TabExpansion2 'Get-Environment pr' 18).CompletionMatches.CompletionText | Should -Be 'production'
    }

    It 'says where a secret came from' {
        $other = Join-Path $TestDrive 'with a secret'
        New-Item -ItemType Directory -Path (Join-Path $other 'env') | Out-Null
        Set-Content -Path (Join-Path $other 'env/pipeline.yml') -Value @'
application: courses
stages:
  - name: cluster
    target: kubernetes
    database: ${secret:PESTER_DATABASE_URL}
'@
        $env:PESTER_DATABASE_URL = 'postgresql://app:hunter2@db.example.org/app'
        try {
            $cluster = Get-Environment -Project $other
            "$($cluster.SecretOrigins)" | Should -Be 'PESTER_DATABASE_URL (environment)'
            $cluster | Format-List -Property * | Out-String | Should -Not -Match 'hunter2'
        }
        finally {
            Remove-Item Env:PESTER_DATABASE_URL
        }
    }

    It 'takes its own objects from the pipeline' {
        (Get-Environment | Get-Environment).Name | Should -Be 'local', 'production'
    }

    It 'has help with examples' {
        (Get-Help Get-Environment).Examples.Example.Count | Should -BeGreaterThan 1
    }
}

Describe 'Test-Environment' {
    It 'writes one Ok for every environment' {
        (Test-Environment).Severity | Should -Be 'Ok', 'Ok'
    }

    It 'names file, line and place of what is wrong' {
        Set-Content -Path 'env/local.json' -Value '{ "CLIENT_SECRET": "x" }'
        $found = Test-Environment local
        Remove-Item 'env/local.json'
        "$($found.Severity) $($found.File):$($found.Line) $($found.Path)" | Should -Be 'Error env/local.json:1 CLIENT_SECRET'
    }

    It 'has help with examples' {
        (Get-Help Test-Environment).Examples.Example.Count | Should -BeGreaterThan 1
    }
}

Describe 'Compare-Environment' {
    It 'names what could be given where it does not know the word' {
        { Compare-Environment nowhere local -ErrorAction Stop } | Should -Throw "*'nowhere' cannot be compared*local, production*"
    }

    It 'completes names on both sides' {
        (TabExpansion2 'Compare-Environment local pr' 28).CompletionMatches.CompletionText | Should -Be 'production'
    }

    It 'has help with examples' {
        (Get-Help Compare-Environment).Examples.Example.Count | Should -BeGreaterThan 1
    }
}
