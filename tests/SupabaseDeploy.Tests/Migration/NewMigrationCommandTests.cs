using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Migration;

public sealed class NewMigrationCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ModuleSession _session;

    public NewMigrationCommandTests() => _session = new ModuleSession(_folder.Path);

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_file_and_its_down_script_are_created_in_the_project()
    {
        SessionResult result = _session.Run("(New-Migration 'add grades' -WithDown).FileName");

        Assert.Null(result.Error);
        string name = Assert.Single(result.Output).ToString();
        Assert.Matches(@"\A[0-9]{14}_add_grades\.sql\z", name);
        Assert.True(File.Exists(Path.Combine(_folder.Path, "migrations", name)));
        Assert.True(File.Exists(Path.Combine(_folder.Path, "migrations", "down", name)));
    }

    [Fact]
    public void A_project_of_the_Supabase_CLI_keeps_them_where_the_CLI_looks()
    {
        _folder.Write("supabase/config.toml", "");

        Assert.Null(_session.Run("New-Migration first").Error);

        Assert.Single(Directory.GetFiles(Path.Combine(_folder.Path, "supabase", "migrations")));
    }

    [Fact]
    public void Files_made_in_the_same_second_have_versions_of_their_own()
    {
        SessionResult result = _session.Run("(New-Migration a), (New-Migration b), (New-Migration c)");

        Assert.Null(result.Error);
        string[] versions = [.. result.Output.Select(file => file.Properties["Version"].Value.ToString()!)];
        Assert.Equal(versions.Distinct().Order(StringComparer.Ordinal), versions);
    }

    [Fact]
    public void WhatIf_creates_nothing()
    {
        Assert.Empty(_session.Run("New-Migration a -WhatIf").Output);
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "migrations")));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("   ")]
    public void A_name_that_no_file_can_have_is_refused(string name) =>
        Assert.StartsWith("InvalidMigrationName,", _session.Run($"New-Migration '{name}'").Error?.FullyQualifiedErrorId, StringComparison.Ordinal);
}
