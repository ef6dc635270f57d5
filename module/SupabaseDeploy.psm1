# The Loader is the only assembly of ours in PowerShell's own load context; everything else lives in the module's.
$loader = [IO.Path]::Combine($PSScriptRoot, 'bin', 'SupabaseDeploy.Loader.dll')
try { $loader = [Runtime.Loader.AssemblyLoadContext]::Default.LoadFromAssemblyPath($loader) }
catch { $loader = @([Runtime.Loader.AssemblyLoadContext]::Default.Assemblies).Where{ $_.GetName().Name -eq 'SupabaseDeploy.Loader' }[0] } # Another copy's: it refuses this one.
$shell = Import-Module -Assembly ($loader.GetType('SupabaseDeploy.Loader.ModuleLoader')::Load($PSScriptRoot)) -PassThru
# Without this, Import-Module -Force finds the cached inner module and exports nothing (PowerShell issue 20710).
$ExecutionContext.SessionState.Module.OnRemove = { Remove-Module -ModuleInfo $shell -ErrorAction Ignore }
