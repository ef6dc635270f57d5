#requires -Version 7.6
# The one door. Uses no command beyond the bare engine, so that it also runs where pwsh is not installed.
#
# task   Build   Restore, compile, and lay the module out in out/SupabaseDeploy/<version>
# task   Test    Build, then run every test (-Filter <text> runs the tests whose names contain it)
# task   Demo    Build, then run examples/progressive-deployment.ps1
# task   Help    Build the help that Get-Help shows from docs/en-US
# task   Pack    Build for every platform and make the package out/SupabaseDeploy.<version>.nupkg
# task   Bench   Build, then measure what a user waits for (-Filter <text> picks benchmarks)
param(
    [ValidateSet('Build', 'Test', 'Demo', 'Help', 'Pack', 'Bench')]
    [string] $Task,

    [string] $Filter
)

$ErrorActionPreference = 'Stop'
$env:DOTNET_NOLOGO = '1'
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
$env:DOTNET_CLI_UI_LANGUAGE = 'en'
$root = $PSScriptRoot
$moduleProject = "$root/src/SupabaseDeploy"

function Invoke-DotNet {
    & dotnet @args
    if ($LASTEXITCODE -ne 0) { throw "'dotnet $args' failed with exit code $LASTEXITCODE." }
}

function Invoke-Compiler {
    # What a compiler says is only of interest when it fails.
    $output = & dotnet @args -v quiet
    if ($LASTEXITCODE -ne 0) { $output; throw "'dotnet $args' failed with exit code $LASTEXITCODE." }
}

function Invoke-Precompile([string] $Platform) {
    "Precompiling for $Platform …"
    # ReadyToRun: PowerShell's users wait for import, so the just-in-time compiler's share of it is paid here.
    Invoke-Compiler publish $moduleProject -c Release -r $Platform --self-contained false '-p:PublishReadyToRun=true' -o "$root/module/bin/$Platform"
    foreach ($symbols in [IO.Directory]::GetFiles("$root/module/bin/$Platform", '*.pdb')) { [IO.File]::Delete($symbols) }
}

function Invoke-Layout {
    Invoke-Compiler msbuild $moduleProject '-t:LayoutModule' '-p:Configuration=Release'
}

function Invoke-Help {
    Invoke-DotNet run --project "$root/build/SupabaseDeploy.Help" -c Release -- "$root/docs/en-US" "$root/module/bin"
}

function Invoke-Build([string[]] $Platforms = @([Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier)) {
    'Compiling …'
    Invoke-Compiler build "$root/SupabaseDeploy.slnx" -c Release
    foreach ($platform in $Platforms) { Invoke-Precompile $platform }
    Invoke-Help
    Invoke-Layout
}

function Invoke-TestProject([string] $Project, [hashtable] $Sum) {
    $name = [IO.Path]::GetFileName($Project)
    $program = "$Project/bin/Release/net10.0/$name.dll"
    $counts = @{}
    & {
        # The queries are namespace, class or method. Quoted, not splatted: PowerShell takes a splatted '*' for a file name.
        if ($Filter) {
            & dotnet $program --no-ansi --progress off --filter-query "/*/*$Filter*/*/*" --filter-query "/*/*/*$Filter*/*" --filter-query "/*/*/*/*$Filter*"
        }
        else { & dotnet $program --no-ansi --progress off }
    } | ForEach-Object {
        $_
        if ($_ -match '^\s+(failed|succeeded|skipped): (\d+)$') { $counts[$Matches[1]] = [int] $Matches[2] }
    }
    $exitCode = $LASTEXITCODE
    $nothingMatched = 8
    if ($Filter -and $exitCode -eq $nothingMatched) { return }
    if ($exitCode -ne 0 -and -not $counts['failed']) { $counts['failed'] = 1 } # It died before it could count.
    foreach ($key in $counts.Keys) { $Sum[$key] += $counts[$key] }
}

function Invoke-PesterTests([hashtable] $Sum) {
    # Where there is pwsh with Pester 6; elsewhere the xUnit tests cover the same commands through the same engine.
    if (-not (Get-Module -ListAvailable Pester | Where-Object { $_.Version -ge '6.0' })) { return }
    $configuration = New-PesterConfiguration
    $configuration.Run.Path = "$root/tests/pester"
    $configuration.Run.PassThru = $true
    if ($Filter) { $configuration.Filter.FullName = "*$Filter*" }
    $result = Invoke-Pester -Configuration $configuration
    $Sum.succeeded += $result.PassedCount
    $Sum.failed += $result.FailedCount
    $Sum.skipped += $result.SkippedCount
}

function Invoke-Test {
    $sum = @{ succeeded = 0; failed = 0; skipped = 0 }
    foreach ($project in [IO.Directory]::GetDirectories("$root/tests", '*.Tests')) {
        Invoke-TestProject $project $sum
    }
    Invoke-PesterTests $sum
    "$($sum.succeeded) passed, $($sum.failed) failed, $($sum.skipped) skipped"
    if ($sum.failed -gt 0) { exit 1 }
    if ($env:CI -and $sum.skipped -gt 0) { throw "$($sum.skipped) tests were skipped: where it counts, every test runs." }
    if ($Filter -and $sum.succeeded -eq 0) { throw "No test's name contains '$Filter'." }
}

switch ($Task) {
    'Build' { Invoke-Build }
    # Precompiling takes longer than a few tests: the inner loop does without.
    'Test' { if ($Filter) { Invoke-Build @() } else { Invoke-Build }; Invoke-Test }
    'Demo' { Invoke-Build; & "$root/examples/progressive-deployment.ps1" }
    'Help' { Invoke-Help; Invoke-Layout }
    'Pack' {
        Invoke-Build 'linux-x64', 'linux-arm64', 'win-x64', 'osx-arm64'
        Invoke-Compiler pack "$root/build/SupabaseDeploy.Package" -c Release -o "$root/out"
        [IO.Directory]::GetFiles("$root/out", '*.nupkg')
    }
    'Bench' {
        Invoke-Build
        # The engine precompiled, as pwsh ships it: an import timed in a session that compiles the engine itself says nothing.
        Invoke-Compiler publish "$root/src/SupabaseDeploy.Host" -c Release -r ([Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier) --self-contained false '-p:PublishReadyToRun=true' -o "$root/out/host"
        Invoke-DotNet run --project "$root/tests/bench" -c Release -- $Filter
    }
    default {
        'Usage: ./build.ps1 <task> [-Filter <text>]'
        [IO.File]::ReadAllLines($PSCommandPath) -match '^# task ' -replace '^# task '
    }
}
