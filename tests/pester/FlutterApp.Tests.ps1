# What a person at a prompt sees of Start-, Build- and Test-FlutterApp. Runs no Flutter.
BeforeAll {
    Import-Module (Get-Item "$PSScriptRoot/../../out/SupabaseDeploy/*/SupabaseDeploy.psd1").FullName -Force
    $project = Join-Path $TestDrive 'an app'
    New-Item -ItemType Directory -Path "$project/env" -Force | Out-Null
    Set-Content "$project/env/pipeline.yml" "application: courses`nstages:`n  - name: local`n    target: local`n  - name: staging`n    target: local"
    Set-Content "$project/env/staging.json" '{ "APP_ENVIRONMENT": "staging" }'
    Set-Content "$project/pubspec.yaml" 'name: courses'
}

AfterAll {
    Remove-Module SupabaseDeploy
}

Describe '<_>' -ForEach 'Start-FlutterApp', 'Build-FlutterApp', 'Test-FlutterApp' {
    It 'has help with a synopsis and examples' {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.examples.example.Count | Should -BeGreaterThan 1
    }

    It 'completes the names of environments' {
        Push-Location $project
        try {
            (TabExpansion2 "$_ st").CompletionMatches.CompletionText | Should -Be 'staging'
        } finally {
            Pop-Location
        }
    }
}

Describe 'What is asked for' {
    It 'is not done by -WhatIf' {
        Start-FlutterApp staging -Project $project -WhatIf | Should -BeNullOrEmpty
        Build-FlutterApp staging -Project $project -WhatIf | Should -BeNullOrEmpty
        Test-Path "$project/build" | Should -BeFalse
    }

    It 'is refused without values, in words' {
        { Build-FlutterApp local -Project $project } | Should -Throw "*has no file of Dart defines*"
    }
}
