using SupabaseDeploy.Environments;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Environments;

public sealed class ProjectFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("app/supabase/migrations/1_a.sql", "app", "app/supabase/migrations")]
    [InlineData("app/supabase/migrations/1_a.sql", "app/supabase", "app/supabase/migrations")]
    [InlineData("app/supabase/migrations/1_a.sql", "app/supabase/migrations", "app/supabase/migrations")]
    [InlineData("app/migrations/1_a.sql app/supabase/seed.sql", "app", "app/migrations")]
    [InlineData("app/migrations/1_a.sql app/supabase/seed.sql", "app/migrations", "app/migrations")]
    public void A_folder_in_a_project_stands_for_the_project_so_that_seeds_and_configuration_are_found(string files, string path, string migrations)
    {
        Write(files);

        Assert.Equal(At("app"), ProjectFolder.At(At(path)).Root);
        Assert.Equal(At(migrations), ProjectFolder.FindMigrations(At(path)));
    }

    [Theory]
    [InlineData("sql/1_a.sql", "sql")]
    [InlineData("app/migrations/1_a.sql", "app/migrations")]
    [InlineData("app/migrations/1_a.sql app/supabase/migrations/1_a.sql", "app/migrations")]
    public void Any_other_folder_of_files_is_taken_as_it_is(string files, string path)
    {
        Write(files);

        Assert.Equal(At(path), ProjectFolder.At(At(path)).Root);
        Assert.Equal(At(path), ProjectFolder.FindMigrations(At(path)));
    }

    public void Dispose() => _folder.Dispose();

    private string At(string path) => Path.Combine(_folder.Path, path);

    private void Write(string files)
    {
        foreach (string file in files.Split(' '))
        {
            _folder.Write(file, "select 1;");
        }
    }
}
