using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.LocalStack;

/// <summary>The commands for a stack that the Supabase CLI runs, played by a program that speaks its protocol.</summary>
public sealed class SupabaseCliEngineCommandTests
{
    [Fact]
    public void The_engine_of_the_pipeline_runs_the_stack_and_the_same_commands_work()
    {
        using var project = new StackSession("supabase-cli");
        Directory.CreateDirectory(Path.Combine(project.Root, "supabase", ".temp"));
        Directory.CreateDirectory(Path.Combine(project.Root, "node_modules", ".bin"));
        File.WriteAllText(Path.Combine(project.Root, "supabase", "config.toml"), "project_id = \"shop\"\n[studio]\nenabled = false\n");
        File.WriteAllText(Path.Combine(project.Root, "supabase", ".temp", "stand-in.json"), """{"apiPort":55399,"dbUrl":"postgresql://postgres:not-shown@127.0.0.1:1/postgres"}""");
        File.CreateSymbolicLink(Path.Combine(project.Root, "node_modules", ".bin", "supabase"), Path.Combine(Repository.Root, "tests", "stand-ins", "supabase"));

        Assert.Equal(["SupabaseCli env/pipeline.yml names it Running True"], project.Lines("Start-LocalStack | ForEach-Object { \"$($_.Engine) $($_.EngineReason) $($_.State) $($_.Changed)\" }"));
        string variables = File.ReadAllText(Path.Combine(project.Root, "env", "local.json"));
        Assert.Contains("sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH", variables, StringComparison.Ordinal);
        Assert.DoesNotContain("sb_secret", variables, StringComparison.Ordinal);
        string table = project.Session.Show("Get-LocalStack local");
        string list = project.Session.Show("(Get-LocalStack local).Services; Get-Environment local; Get-LocalStack local");
        Assert.Matches(@"\nlocal          Running  SupabaseCli database api rest a", table);
        Assert.DoesNotContain("not-shown", table + list, StringComparison.Ordinal);
        Assert.DoesNotContain("sb_secret_N7UND0", table + list, StringComparison.Ordinal);
        Assert.Equal(["sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz"], project.Lines("(Get-LocalStack local).Keys.SecretKey.Reveal()"));
        const string Complete = "(TabExpansion2 'Get-LocalStack local -Log a' 27).CompletionMatches | ForEach-Object CompletionText";
        Assert.Equal(["api", "auth", "access"], project.Lines(Complete));
        Assert.Equal("EngineMismatch", project.Run("Start-LocalStack -Engine Embedded").Error!.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(["Stopped True", "Stopped True"], project.Lines("Stop-LocalStack | ForEach-Object { \"$($_.State) $($_.Changed)\" }; Stop-LocalStack -RemoveData -Confirm:$false | ForEach-Object { \"$($_.State) $($_.Changed)\" }"));
        Assert.Equal(["access", "auth"], project.Lines(Complete));
    }
}
