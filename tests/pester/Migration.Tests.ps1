BeforeAll {
    Import-Module ([IO.Directory]::GetFiles("$PSScriptRoot/../../out/SupabaseDeploy", 'SupabaseDeploy.psd1', 'AllDirectories')[0]) -Force
}

Describe 'Migration commands' {
    It '<_> has help with examples' -ForEach 'New-Migration', 'Get-Migration', 'Invoke-Migration', 'Repair-Migration', 'Undo-Migration' {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.Examples.Example.Count | Should -BeGreaterThan 1
    }

    It 'shows what New-Migration would create and creates nothing' {
        Push-Location $TestDrive
        New-Migration add_grades -WhatIf | Should -BeNullOrEmpty
        Pop-Location
        "$TestDrive/migrations" | Should -Not -Exist
    }

    It 'lists files as a table with their state' {
        New-Item "$TestDrive/list/migrations/20261101120000_first.sql" -Force
        $table = Get-Migration -DatabaseUrl postgresql://nobody@127.0.0.1:1/none -Path "$TestDrive/list" -Offline | Out-String
        $table | Should -Match 'Version\s+State\s+Down\s+Name'
        $table | Should -Match '20261101120000\s+Unknown\s+-\s+first'
    }

    It 'takes environments by position and from the pipeline, and a lock timeout with a unit' {
        $command = Get-Command Invoke-Migration
        $command.Parameters.Environment.Attributes.Where{ $_ -is [Parameter] }.ValueFromPipeline | Should -BeTrue
        $command.Parameters.Environment.Attributes.Where{ $_ -is [Parameter] }.Position | Should -Be 0
        { Invoke-Migration -DatabaseUrl postgresql://nobody@127.0.0.1:1/none -LockTimeout 5 } | Should -Throw '*5*'
    }

    It 'migrates one database at a time unless told otherwise' {
        $command = Get-Command Invoke-Migration
        $command.Parameters.Keys | Should -Contain 'Canary'
        $command.Parameters.Keys | Should -Contain 'MaxFailures'
        { Invoke-Migration -DatabaseUrl postgresql://nobody@127.0.0.1:1/none -Path $TestDrive -ThrottleLimit 65 } | Should -Throw '*ThrottleLimit*'
    }

    It 'must be told how far to go back' {
        { Undo-Migration -DatabaseUrl postgresql://nobody@127.0.0.1:1/none -Path $TestDrive -Confirm:$false } | Should -Throw '*how far*'
    }

    It 'asks before a repair, and wants versions with a status' {
        (Get-Command Repair-Migration).Parameters.Keys | Should -Contain 'Confirm'
        { Repair-Migration -DatabaseUrl postgresql://nobody@127.0.0.1:1/none -Status Reverted } | Should -Throw '*-Status Reverted needs -Version.*'
    }

    It 'rehearses a folder without any database' {
        New-Item "$TestDrive/rehearse/migrations/1_a.sql" -Value 'create table a (id int primary key);' -Force
        $statement = Test-Migration -Path "$TestDrive/rehearse" -SkipDown
        $statement.Line | Should -Be 1
        $statement | Out-String | Should -Match 'create table a'
    }

    It 'completes versions' {
        New-Item "$TestDrive/complete/migrations/20261101120000_first.sql" -Force
        $line = "Get-Migration -Project '$TestDrive/complete' -Version 2026"
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be '20261101120000'
    }
}
