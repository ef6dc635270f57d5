using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Testing;

public sealed class NpmPackageTests
{
    [Fact]
    public async Task A_package_of_an_exact_version_gives_its_program()
    {
        string program = await NpmPackage.ProgramAsync("supabase", "3.1.0", "supabase");
        var request = new ProcessRequest(program, ["--version"]);

        Assert.Equal("3.1.0", (await ChildProcess.RunAsync(request, CancellationToken.None)).EnsureSuccess(request).Output.Trim());
        Assert.Equal(program, await NpmPackage.ProgramAsync("supabase", "3.1.0", "supabase"));
    }

    [Fact]
    public async Task A_program_that_the_package_does_not_bring_is_named()
    {
        FileNotFoundException e = await Assert.ThrowsAsync<FileNotFoundException>(() => NpmPackage.ProgramAsync("supabase", "3.1.0", "none"));

        Assert.Equal("Package 'supabase@3.1.0' brings no program 'none'.", e.Message);
    }
}
