using System.Security.Cryptography;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.ReferenceApplication;

public sealed class WebBundleTests
{
    private static readonly string s_folder = Path.Combine(Repository.Root, "examples", "web");

    [Fact]
    public void The_script_is_named_after_its_content_and_the_page_loads_it_from_any_path()
    {
        string script = Assert.Single(Directory.GetFiles(s_folder, "app.*.js"));
        string digest = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(script)))[..12];
        string page = File.ReadAllText(Path.Combine(s_folder, "index.html"));

        Assert.Equal($"app.{digest}.js", Path.GetFileName(script));
        Assert.Contains($"src=\"app.{digest}.js\"", page);
        Assert.Contains("<base href=\"/\">", page);
        Assert.Contains("<title>Courses</title>", page);
    }
}
