using SupabaseDeploy.Errors;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class LocalKeysTests
{
    [Theory]
    [InlineData("{ \"jwtSecret\": \"quiet")]
    [InlineData("{}")]
    [InlineData("")]
    public void A_file_that_holds_no_keys_is_named_and_its_content_is_not(string text)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("keys.json", text);

        var error = Assert.Throws<DeployException>(() => LocalKeys.ReadOrCreate(file));

        Assert.Equal(ErrorTable.LocalKeysUnreadable, error.Code);
        Assert.Contains($"'{file}'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("quiet", error.Message, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(file));
    }
}
