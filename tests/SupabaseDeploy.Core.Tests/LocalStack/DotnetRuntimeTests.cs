using SupabaseDeploy.Errors;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class DotnetRuntimeTests
{
    [Fact]
    public void The_first_dotnet_that_has_the_runtime_is_taken()
    {
        using var folder = new TemporaryFolder();
        folder.Write("bare/dotnet", "");
        folder.Write("old/dotnet", "");
        folder.Write("old/shared/Microsoft.AspNetCore.App/8.0.1/x.dll", "");
        string right = folder.Write("right/dotnet", "");
        folder.Write($"right/shared/Microsoft.AspNetCore.App/{DotnetRuntime.Major}.0.1/x.dll", "");

        Assert.Equal(right, DotnetRuntime.Find(Folders(folder, "none", "bare", "old", "right")));
    }

    [Fact]
    public void A_link_on_PATH_is_followed_to_where_the_runtimes_are()
    {
        using var folder = new TemporaryFolder();
        string program = folder.Write("share/dotnet", "");
        folder.Write($"share/shared/Microsoft.AspNetCore.App/{DotnetRuntime.Major}.0.1/x.dll", "");
        Directory.CreateDirectory(Path.Combine(folder.Path, "bin"));
        File.CreateSymbolicLink(Path.Combine(folder.Path, "bin", "dotnet"), program);

        Assert.Equal(Path.Combine(folder.Path, "bin", "dotnet"), DotnetRuntime.Find(Folders(folder, "bin")));
    }

    [Fact]
    public void Without_the_runtime_the_error_says_how_to_get_it()
    {
        using var folder = new TemporaryFolder();
        string bare = folder.Write("bare/dotnet", "");

        var none = Assert.Throws<DeployException>(() => DotnetRuntime.Find(Folders(folder, "none")));
        var other = Assert.Throws<DeployException>(() => DotnetRuntime.Find(Folders(folder, "bare")));

        Assert.Equal("The gateway needs the ASP.NET Core 10.0 runtime, and there is no program 'dotnet' on this machine.", none.Message);
        Assert.Equal($"The gateway needs the ASP.NET Core 10.0 runtime, and '{bare}' has none.", other.Message);
        Assert.Contains("apt-get install aspnetcore-runtime-10.0", other.Remedy, StringComparison.Ordinal);
    }

    private static string[] Folders(TemporaryFolder folder, params string[] names) => [.. names.Select(name => Path.Combine(folder.Path, name))];
}
