using SupabaseDeploy.Errors;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Postgres;

public sealed class StateFoldersTests
{
    [Fact]
    public void A_cluster_lives_in_its_project_and_for_root_in_a_folder_of_the_system()
    {
        var user = new StateFolders { Cache = "/home/me/.cache/supabase-deploy" };
        var root = new StateFolders { Cache = "/var/lib/supabase-deploy", Clusters = "/var/lib/supabase-deploy", ServerUser = new UnprivilegedUser("postgres", "104") };

        Assert.Equal("/project/.supabase-deploy/environments/local/postgres", user.ClusterHome("/project/.supabase-deploy/environments/local", "abc"));
        Assert.Equal("/var/lib/supabase-deploy/abc", root.ClusterHome("/project/.supabase-deploy/environments/local", "abc"));
        Assert.Equal("/home/me/.cache/supabase-deploy/templates", user.Templates);
    }

    [Fact]
    public void A_folder_that_the_servers_user_cannot_reach_is_refused_with_its_name()
    {
        using var folder = new TemporaryFolder();
        string closed = Directory.CreateDirectory(Path.Combine(folder.Path, "closed"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        File.SetUnixFileMode(folder.Path, File.GetUnixFileMode(folder.Path) | UnixFileMode.OtherExecute);
        var folders = new StateFolders { Cache = Path.Combine(closed, "cache"), ServerUser = new UnprivilegedUser("postgres", "104") };

        DeployException e = Assert.Throws<DeployException>(() => folders.CreateReachable(folders.Templates));

        Assert.Equal(ErrorTable.FolderUnreachable, e.Code);
        Assert.Equal($"PostgreSQL runs as user 'postgres', to whom folder '{closed}' is closed.", e.Message);
    }
}
