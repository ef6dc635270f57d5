using SupabaseDeploy.Errors;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class SupabaseCliStatusTests
{
    // As version 3.1.0 wrote it, keys shortened.
    private const string Answer = """
        {"linked_project":null,"DB_URL":"postgresql://postgres:p%40ss@127.0.0.1:54322/postgres","API_URL":"http://127.0.0.1:54321","REST_URL":"http://127.0.0.1:54321/rest/v1","STUDIO_URL":"http://127.0.0.1:54323","PUBLISHABLE_KEY":"sb_publishable_A","SECRET_KEY":"sb_secret_N","JWT_SECRET":"jwt-secret","ANON_KEY":"a.b.c","SERVICE_ROLE_KEY":"d.e.f","MAILPIT_URL":"http://127.0.0.1:54324","message":""}
        """;

    [Fact]
    public void An_answer_is_read_whole()
    {
        SupabaseCliStatus status = SupabaseCliStatus.Parse(Answer, "warning: old images\nStopped services: [supabase_imgproxy_shop supabase_pooler_shop]\n");

        Assert.Equal(("127.0.0.1", 54322, "postgres", "p@ss"), (status.Database.Host, status.Database.Port, status.Database.User, status.Database.Password!.Reveal()));
        Assert.Equal((54321, 54323, 54324), (status.Api!.Port, status.Studio!.Port, status.Mail!.Port));
        Assert.Equal(("sb_publishable_A", "sb_secret_N", "a.b.c", "d.e.f"), (status.Keys!.PublishableKey, status.Keys.SecretKey.Reveal(), status.Keys.AnonKey, status.Keys.ServiceRoleKey.Reveal()));
        Assert.Equal(["supabase_imgproxy_shop", "supabase_pooler_shop"], status.Stopped);
        foreach (string secret in (string[])["p@ss", "sb_secret_N", "jwt-secret", "d.e.f"])
        {
            Assert.DoesNotContain(secret, status.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_project_without_an_api_has_a_database_only()
    {
        SupabaseCliStatus status = SupabaseCliStatus.Parse("""{"DB_URL":"postgresql://postgres:postgres@127.0.0.1:54322/postgres"}""", "");

        Assert.Equal((null, null, null), (status.Api, status.Studio, status.Keys));
        Assert.Empty(SupabaseCliServices.Plan(status).Services);
    }

    [Theory]
    [InlineData("", "it is no JSON object")]
    [InlineData("supabase local development setup is running.", "it is no JSON object")]
    [InlineData("[]", "it is no JSON object")]
    [InlineData("{}", "it has no 'DB_URL'")]
    [InlineData("""{"DB_URL":"sb_secret_N"}""", "its 'DB_URL' is no database URL")]
    [InlineData("""{"DB_URL":"postgresql://p@h/d","API_URL":"sb_secret_N"}""", "its 'API_URL' is no URL")]
    public void Another_answer_is_refused_and_not_shown(string output, string why)
    {
        var error = Assert.Throws<DeployException>(() => SupabaseCliStatus.Parse(output, ""));

        Assert.Equal(ErrorTable.SupabaseCliAnswerInvalid, error.Code);
        Assert.Equal($"The Supabase CLI's answer to 'supabase status' cannot be used: {why}.", error.Message);
    }
}
