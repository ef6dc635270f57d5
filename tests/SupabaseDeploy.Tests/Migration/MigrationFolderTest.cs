using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Migration;

/// <summary>A session in an empty folder, with a database of its own to give to migration commands.</summary>
public abstract class MigrationFolderTest : IAsyncLifetime
{
    private protected TemporaryFolder Folder { get; } = new();

    private protected ModuleSession Session { get; private set; } = null!;

    private protected TestDatabase Database { get; private set; } = null!;

    /// <summary>The parameters that name the database and the folder.</summary>
    private protected string Target { get; private set; } = "";

    public virtual async ValueTask InitializeAsync()
    {
        Database = await TestDatabase.CreateAsync();
        Session = new ModuleSession(Folder.Path);
        Target = $"-DatabaseUrl '{Database.Application.ToUrl()}' -Path '{Folder.Path}'";
    }

    public async ValueTask DisposeAsync()
    {
        Session.Dispose();
        Folder.Dispose();
        await Database.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
