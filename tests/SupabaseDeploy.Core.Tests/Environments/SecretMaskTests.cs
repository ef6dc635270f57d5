using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Core.Tests.Environments;

public sealed class SecretMaskTests
{
    [Theory]
    [InlineData("token hunter2!", "token ***!")]
    [InlineData("hunter2 and hunter2 again", "*** and *** again")]
    [InlineData("https://a:p%40ss%2Fword@b", "https://a:***@b")]
    [InlineData("""{"value":"say \"it\""}""", """{"value":"***"}""")]
    [InlineData("""{"value":"say \u0022it\u0022"}""", """{"value":"***"}""")]
    [InlineData("line MIIEvQ== of a key", "line *** of a key")]
    [InlineData("nothing of it, nor }", "nothing of it, nor }")]
    public void A_secret_is_hidden_as_it_is_by_the_line_and_escaped(string said, string shown) =>
        Assert.Equal(
            shown,
            new SecretMask(new Secret("hunter2"), new Secret("p@ss/word"), new Secret("say \"it\""), new Secret("{\nMIIEvQ==\n}"), new Secret("")).Hide(said));

    [Fact]
    public void The_longest_of_several_secrets_is_hidden_first() =>
        Assert.Equal("***!", new SecretMask(new Secret("hunter"), new Secret("hunter2")).Hide("hunter2!"));
}
