using System.Management.Automation;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests;

public sealed class ModuleImportTests
{
    [Fact]
    public void The_module_can_be_imported_again_and_again_in_one_session()
    {
        using var session = new ModuleSession();
        SessionResult result = session.Run($$"""
            (Get-Module SupabaseDeploy).ExportedCmdlets.Count
            Import-Module '{{Repository.ModuleManifest}}' -Force
            (Get-Module SupabaseDeploy).ExportedCmdlets.Count
            Remove-Module SupabaseDeploy
            @(Get-Module).Where{ $_.Name -like 'SupabaseDeploy*' }.Count
            Import-Module '{{Repository.ModuleManifest}}'
            (Get-Module SupabaseDeploy).ExportedCmdlets.Count
            """);

        Assert.Null(result.Error);
        int[] counts = [.. result.Output.Select(value => LanguagePrimitives.ConvertTo<int>(value))];
        Assert.Equal([counts[0], counts[0], 0, counts[0]], counts);
        Assert.NotEqual(0, counts[0]);
    }

    [Fact]
    public void Two_sessions_in_one_process_each_have_every_command()
    {
        using var first = new ModuleSession();
        using var second = new ModuleSession();

        foreach (ModuleSession session in (ModuleSession[])[first, second])
        {
            SessionResult result = session.Run("(Get-Command -Module SupabaseDeploy).Count");
            Assert.Null(result.Error);
            Assert.NotEqual(0, Assert.Single(result.Output).BaseObject);
        }
    }

    [Fact]
    public void A_second_copy_of_the_module_in_one_process_is_refused()
    {
        using var copy = new TemporaryFolder();
        string source = Path.GetDirectoryName(Repository.ModuleManifest)!;
        foreach (string file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(copy.Path, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        using var session = new ModuleSession();
        SessionResult result = session.Run($"Import-Module '{copy.Path}/SupabaseDeploy.psd1'");

        Assert.Contains($"already loaded in this process from '{source}", result.Error?.Exception.Message, StringComparison.Ordinal);
    }
}
