# What a person at a prompt sees of Start-, Stop-, Get- and Reset-LocalStack. Starts nothing.
BeforeAll {
    Import-Module (Get-Item "$PSScriptRoot/../../out/SupabaseDeploy/*/SupabaseDeploy.psd1").FullName -Force
    $project = Join-Path $TestDrive 'a project'
    New-Item -ItemType Directory -Path "$project/env" -Force | Out-Null
    Set-Content "$project/env/pipeline.yml" "application: courses`nstages:`n  - name: local`n    target: local`n  - name: staging`n    target: local"
    New-Item -ItemType Directory -Path "$project/migrations" -Force | Out-Null
}

AfterAll {
    Remove-Module SupabaseDeploy
}

Describe '<_>' -ForEach 'Start-LocalStack', 'Stop-LocalStack', 'Get-LocalStack', 'Reset-LocalStack' {
    It 'has help with a synopsis and examples' {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.examples.example.Count | Should -BeGreaterThan 1
    }

    It 'takes environments by position and from the pipeline' {
        $parameter = (Get-Command $_).Parameters['Environment'].Attributes.Where{ $_ -is [Parameter] }[0]
        $parameter.Position | Should -Be 0
        $parameter.ValueFromPipeline | Should -BeTrue
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

Describe 'The engine of a stack' {
    It 'completes' {
        (TabExpansion2 'Start-LocalStack -Engine Su').CompletionMatches.CompletionText | Should -Be 'SupabaseCli'
    }

    It 'is said with its reason before the first start' {
        $stack = Get-LocalStack local -Project $project
        $stack.Engine | Should -Be 'Embedded'
        $stack.EngineReason | Should -Not -BeNullOrEmpty
    }

    It 'is refused by a name that there is not' {
        { Start-LocalStack -Engine Podman -Project $project } | Should -Throw '*Embedded*Docker*SupabaseCli*'
    }
}

Describe 'The services of a stack' {
    It 'complete' {
        (TabExpansion2 'Start-LocalStack -Service re').CompletionMatches.CompletionText | Should -Be 'rest', 'realtime'
    }

    It 'are refused by a name that there is not, before anything is started' {
        { Start-LocalStack -Service postgrest -Project $project } | Should -Throw '*postgrest*'
        Test-Path "$project/.supabase-deploy" | Should -BeFalse
    }
}

Describe 'A stack that was never started' {
    It 'is stopped' {
        (Get-LocalStack -Project $project).State | Should -Be 'Stopped', 'Stopped'
    }

    It 'is shown as a table' {
        $table = Get-LocalStack -Project $project | Out-String -Width 160
        $table | Should -Match 'Environment\s+State\s+Engine\s+Services\s+Url\s+Database'
        $table | Should -Match 'staging\s+\S*Stopped'
    }

    It 'is shown as a list' {
        Get-LocalStack local -Project $project | Format-List | Out-String | Should -Match 'SecretKey'
    }

    It 'is not started by -WhatIf' {
        'local', 'staging' | Start-LocalStack -Project $project -WhatIf | Should -BeNullOrEmpty
        Test-Path "$project/.supabase-deploy" | Should -BeFalse
    }

    It 'cannot be reset, and the error says how to start it' {
        { Reset-LocalStack local -Project $project -Confirm:$false } | Should -Throw '*does not run*'
    }

    It 'can be stopped, which changes nothing' {
        $stopped = Stop-LocalStack -Project $project
        $stopped.Changed | Should -BeFalse
        $stopped.State | Should -Be 'Stopped'
    }
}

Describe 'Install-LocalRuntime' {
    It 'has help with a synopsis and examples' {
        $help = Get-Help Install-LocalRuntime -Full
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.examples.example.Count | Should -BeGreaterThan 1
    }

    It 'completes the names of runtimes' {
        (TabExpansion2 'Install-LocalRuntime de').CompletionMatches.CompletionText | Should -Be 'deno'
    }

    It 'says which runtimes there are' {
        { Install-LocalRuntime kong } | Should -Throw '*no runtime*'
    }
}

Describe 'Get-LocalStack -Log' {
    It 'completes the names of services' {
        (TabExpansion2 'Get-LocalStack -Log fu').CompletionMatches.CompletionText | Should -Be 'functions'
    }

    It 'is empty for a stack that was never started' {
        Get-LocalStack local -Project $project -Log db, gateway | Should -BeNullOrEmpty
    }
}
