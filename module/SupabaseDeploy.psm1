# The Loader is the only assembly of ours in PowerShell's own load context; everything else lives in the module's.
if (-not ('SupabaseDeploy.Loader.ModuleLoader' -as [type])) {
    [void][Runtime.Loader.AssemblyLoadContext]::Default.LoadFromAssemblyPath([IO.Path]::Combine($PSScriptRoot, 'bin', 'SupabaseDeploy.Loader.dll'))
}
$shell = Import-Module -Assembly ([SupabaseDeploy.Loader.ModuleLoader]::Load($PSScriptRoot)) -PassThru
# Without this, Import-Module -Force finds the cached inner module and exports nothing (PowerShell issue 20710).
$ExecutionContext.SessionState.Module.OnRemove = { Remove-Module -ModuleInfo $shell -ErrorAction Ignore }.GetNewClosure()
