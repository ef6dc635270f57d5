using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Shell.Pipeline;

namespace SupabaseDeploy.Shell.Migration;

/// <summary>Creates an empty migration file with the next version.</summary>
[Cmdlet(VerbsCommon.New, "Migration", SupportsShouldProcess = true)]
[OutputType(typeof(MigrationFile))]
public sealed class NewMigrationCommand : ProjectCmdlet
{
    /// <summary>What the migration is for.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>The migrations folder, or a project folder; the current project's when not given.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Create <c>down/&lt;version&gt;_&lt;name&gt;.sql</c> too.</summary>
    [Parameter]
    public SwitchParameter WithDown { get; set; }

    /// <inheritdoc/>
    protected override async Task EndProcessingAsync(CancellationToken cancellationToken)
    {
        MigrationFile file = new MigrationCreator().Plan(Folder(), Name, WithDown);
        if (await ShouldProcessAsync(file.Path, "Create migration").ConfigureAwait(false))
        {
            await MigrationCreator.CreateAsync(file, cancellationToken).ConfigureAwait(false);
            Write(file);
        }
    }

    private string Folder()
    {
        if (Path is null)
        {
            return NewFolder(CurrentProject);
        }

        var given = new ProjectFolder(System.IO.Path.Combine(CurrentFolder, Path));
        string inside = NewFolder(given);
        return Directory.Exists(inside) ? inside : given.Root;
    }

    // A project that the CLI has initialised keeps its migrations where the CLI looks for them, also the first one.
    private static string NewFolder(ProjectFolder project) =>
        File.Exists(System.IO.Path.Combine(project.Root, "supabase", "config.toml")) && !Directory.Exists(project.MigrationsFolder)
            ? System.IO.Path.Combine(project.Root, "supabase", "migrations")
            : project.MigrationsFolder;
}
