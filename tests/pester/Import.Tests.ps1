# What a person sees when importing the module.
BeforeAll {
    $manifest = (Get-Item "$PSScriptRoot/../../out/SupabaseDeploy/*/SupabaseDeploy.psd1").FullName
}

AfterAll {
    Remove-Module SupabaseDeploy -ErrorAction Ignore
}

Describe 'The module' {
    It 'has a valid manifest' {
        (Test-ModuleManifest $manifest).Version | Should -BeGreaterThan '0.0.0'
    }

    It 'can be imported, forced, removed and imported again' {
        Import-Module $manifest
        $count = (Get-Command -Module SupabaseDeploy).Count
        $count | Should -BeGreaterThan 0
        Import-Module $manifest -Force
        (Get-Command -Module SupabaseDeploy).Count | Should -Be $count
        Remove-Module SupabaseDeploy
        Get-Module SupabaseDeploy* | Should -BeNullOrEmpty
        Import-Module $manifest
        (Get-Command -Module SupabaseDeploy).Count | Should -Be $count
    }

    It 'keeps its dependencies out of the default load context' {
        [Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.GetName().Name | Should -Not -Contain 'Npgsql'
    }

    It 'has help for every command' {
        foreach ($command in Get-Command -Module SupabaseDeploy) {
            (Get-Help $command.Name).Synopsis | Should -Not -Match '\[\[?-' -Because $command.Name
        }
    }
}
