using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Secrets;

/// <summary>The programs, files and stages of the project.</summary>
public sealed partial class MarkedProject
{
    private void WritePrograms()
    {
        // It says more than it should, as programs do.
        Children.Write("publish-site", $"echo \"token $CDN_TOKEN\"; echo \"token $CDN_TOKEN\" >&2; mkdir -p '{_storage.SiteFolder}'; cp -R \"$1\"/. '{_storage.SiteFolder}'");
        Children.Write("broken-publish-site", "echo \"refused: $CDN_TOKEN\" >&2; exit 3");
        _functionSecret = Marks.New("function secret", "a 'quoted' \"{0}\" /+=% é");
        _mailPassword = Marks.New("mail password", "{0} & \"more\"");
        Children.Write("password-manager", $"""
            case "$2" in
              MARKED_FUNCTION) printf '%s\n' '{_functionSecret.Replace("'", "'\\''", StringComparison.Ordinal)}' ;;
              MARKED_CDN) printf '%s\n' '{Marks.New("token of the web host", "cdn-{0}")}' ;;
              *) echo '{Marks.New("what the password manager said")}'; echo "no item $2" >&2; exit 1 ;;
            esac
            """);
        _folder.Write("programs/no-program", "not a program\n");
        string standIns = Path.Combine(Repository.Root, "tests", "stand-ins");
        Children.Precede(Children.Programs, "gotrue", Path.Combine(standIns, "gotrue"));
        Children.Precede(Children.Programs, "postgrest", Path.Combine(standIns, "postgrest"));
        Directory.CreateDirectory(Path.Combine(_folder.Path, "flutter", "bin"));
        Children.Precede(Path.Combine(_folder.Path, "flutter", "bin"), "flutter", Path.Combine(standIns, "flutter"));
        _folder.Write("modules/Microsoft.PowerShell.SecretManagement/Microsoft.PowerShell.SecretManagement.psm1", $$"""
            function Get-Secret {
                [CmdletBinding()] param([string] $Name, [string] $Vault)
                if ($Name -ne 'MARKED_SMTP') { throw "The secret $Name was not found." }
                [Net.NetworkCredential]::new('', '{{_mailPassword}}').SecurePassword
            }
            """);
    }

    private void WriteFiles()
    {
        Write("supabase/migrations/001_add_courses.sql", "create table public.courses (id int primary key);\ninsert into public.courses values (1);\n");
        Write("supabase/migrations/down/001_add_courses.sql", "drop table public.courses;\n");
        Write("supabase/config.toml", "project_id = \"courses\"\n[auth.external.google]\nenabled = true\nclient_id = \"client\"\nsecret = \"env(MARKED_GOOGLE)\"\n[db.vault]\nmarked = \"env(MARKED_VAULT)\"\n[edge_runtime.secrets]\nMARKED = \"env(MARKED_EDGE)\"\n");
        Write("supabase/.env", $"MARKED_VAULT='{Marks.New("secret of the database's vault", "a \"{0}\" +/=")}'\nMARKED_EDGE={Marks.New("secret of a local function")}\n");
        File.SetUnixFileMode(Path.Combine(Root, "supabase", ".env"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Write("supabase/functions/hello/index.ts", "Deno.serve(() => new Response('hello'));\n");
        Write("build/web/index.html", "<title>Courses</title><script src=\"app.3f9a1c22.js\"></script>");
        Write("build/web/app.3f9a1c22.js", "console.log('courses');");
        Write("pubspec.yaml", "name: courses\n");
        Write("lib/main.dart", "void main() {}\n");
        Write("test/main_test.dart", "void main() {}\n");
        Write("stand-in.json", """{ "tests": [{ "type": "done", "time": 50, "success": true }] }""");
        Write("env/local.json", """{ "APP_ENVIRONMENT": "local" }""");
        foreach (string stage in (string[])["staging", "production", "troubled"])
        {
            Write($"env/{stage}.json", $$"""{ "SUPABASE_URL": "{{_storage.Address}}" }""");
        }

        SecretFile("MARKED_STAGING_URL", Url(_databases["staging"].Application));
        SecretFile("MARKED_TROUBLED_URL", Url(_databases["troubled"].Application));
        SecretFile("MARKED_WRONG_URL", $"postgresql://postgres:{Escaped("wrong password")}@127.0.0.1:{_databases["staging"].Application.Port}/postgres?sslmode=disable");
        SecretFile("MARKED_DEAD_URL", $"postgresql://postgres:{Escaped("password of nowhere")}@127.0.0.1:1/postgres");
        SecretFile("MARKED_BAD_URL", $"mysql://postgres:{Escaped("password in a URL that cannot be used")}@127.0.0.1/postgres");
        SecretFile("MARKED_REVOKED", Marks.New("revoked token", "sbp_{0}"));
        Write("token.txt", _api.Token.Reveal() + "\n");
        File.SetUnixFileMode(Path.Combine(Root, "token.txt"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private void WritePipeline() => Write("env/pipeline.yml", $$"""
        application: courses
        web: { bundle: build/web }
        secrets: { command: [password-manager, get, "{name}"], vault: team }
        releases: { store: "s3://{{ObjectStorage.Bucket}}/courses", endpoint: "{{_store.Endpoint}}", accessKey: {{ObjectStorage.Key}}, secretKey: "${secret:MARKED_S3}" }
        stages:
          - name: local
            target: local
          - name: staging
            target: supabase-cloud
            api: {{_api.Address}}
            project: {{_projects["staging"].Reference}}
            database: ${secret:MARKED_STAGING_URL}
            secrets: { STRIPE_KEY: "${secret:MARKED_FUNCTION}" }
            configuration: { set: { auth.email.smtp.pass: "${secret:MARKED_SMTP}", auth.jwt_expiry: 3600 } }
            backup: { before: true }
            hosting: { command: [publish-site, "{bundle}"], variables: { CDN_TOKEN: "${secret:MARKED_CDN}" }, url: "{{_storage.Address}}site/" }
          - name: production
            target: supabase-cloud
            promoteFrom: staging
            gates: { approvals: 1 }
            api: {{_api.Address}}
            project: {{_projects["production"].Reference}}
            accessToken: ${file:token.txt}
            database: {{Url(_databases["production"].Application with { Password = null })}}
            hosting: { bucket: web }
          - name: broken-host
            target: supabase-cloud
            api: {{_api.Address}}
            project: {{_projects["staging"].Reference}}
            database: ${secret:MARKED_STAGING_URL}
            hosting: { command: [broken-publish-site, "{bundle}"], variables: { CDN_TOKEN: "${secret:MARKED_CDN}" }, url: "{{_storage.Address}}site/broken/" }
          - name: no-program
            target: supabase-cloud
            api: {{_api.Address}}
            project: {{_projects["staging"].Reference}}
            database: ${secret:MARKED_STAGING_URL}
            hosting: { command: [no-program, "{bundle}"], variables: { CDN_TOKEN: "${secret:MARKED_CDN}" }, url: "{{_storage.Address}}site/none/" }
          - name: troubled
            target: supabase-cloud
            api: {{_api.Address}}
            project: {{_projects["troubled"].Reference}}
            database: ${secret:MARKED_TROUBLED_URL}
            secrets: { STRIPE_KEY: "${secret:MARKED_FUNCTION}" }
            configuration: { set: { auth.email.smtp.pass: "${secret:MARKED_SMTP}" } }
            hosting: { bucket: web }
          - name: wrong
            target: supabase-cloud
            api: {{_api.Address}}
            project: {{_projects["staging"].Reference}}
            database: ${secret:MARKED_WRONG_URL}
          - name: dead
            target: supabase-cloud
            api: {{_api.Address}}
            project: {{_projects["staging"].Reference}}
            database: ${secret:MARKED_DEAD_URL}
          - name: revoked
            target: supabase-cloud
            api: {{_api.Address}}
            accessToken: ${secret:MARKED_REVOKED}
            project: {{_projects["staging"].Reference}}
            secrets: { STRIPE_KEY: "${secret:MARKED_FUNCTION}" }
          - name: bad-url
            target: docker
            compose: docker-compose.yml
            database: ${secret:MARKED_BAD_URL}
          - name: unresolved
            target: docker
            compose: docker-compose.yml
            database: ${secret:MARKED_UNKNOWN}
        """);

    private void SecretFile(string name, string value)
    {
        Write($".supabase-deploy/secrets/{name}", value);
        File.SetUnixFileMode(Path.Combine(Root, ".supabase-deploy", "secrets", name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private void Write(string path, string content) => _folder.Write(Path.Combine("project", path), content);
}
