namespace SupabaseDeploy.LocalStack;

/// <summary>The runtimes that <c>Install-LocalRuntime</c> gets, with their versions.</summary>
internal static class RuntimeCatalog
{
    /// <summary>The name under which a PostgreSQL server is got.</summary>
    public const string Postgres = "postgres";

    /// <summary>PostgREST. Neither it nor Auth publishes checksums: those here are what several people recorded of the releases.</summary>
    public static ReleaseAssetRuntime Rest { get; } = new(
        "rest",
        "14.17",
        "PostgREST/postgrest",
        new Dictionary<string, ReleaseAsset>
        {
            ["linux-x64"] = new("postgrest-v14.17-linux-static-x86-64.tar.xz", "d6e13926457487c99b77366d795dcfa32700554d08d418131d9a4ea3f6ca25e3"),
            ["linux-arm64"] = new("postgrest-v14.17-ubuntu-aarch64.tar.xz"),
            ["darwin-x64"] = new("postgrest-v14.17-macos-x86-64.tar.xz"),
            ["darwin-arm64"] = new("postgrest-v14.17-macos-aarch64.tar.xz"),
            ["win32-x64"] = new("postgrest-v14.17-windows-x86-64.zip"),
        },
        "postgrest");

    /// <summary>GoTrue, the Auth service. The archive holds its migrations beside the program.</summary>
    public static ReleaseAssetRuntime Auth { get; } = new(
        "auth",
        "2.197.0",
        "supabase/auth",
        new Dictionary<string, ReleaseAsset>
        {
            ["linux-x64"] = new("auth-v2.197.0-amd64.tar.xz", "b5c2991d1df760c9b099c1c2395a94bd1c2f83ed58901934921997179dc9f7ea"),
            ["linux-arm64"] = new("auth-v2.197.0-arm64.tar.xz", "a9da2e668137cb280c830d900df4081b3fdd42a289469485634426a7587f9f76"),
            ["darwin-arm64"] = new("auth-v2.197.0-darwin-arm64.tar.gz", "3fb7998e7061e2c14f3f9555b1d94d447358c965395728e0d81eac82e0e5868b"),
        },
        "auth");

    /// <summary>Mailpit, which catches mails.</summary>
    public static ReleaseAssetRuntime Mail { get; } = new(
        "mail",
        "1.29.1",
        "axllent/mailpit",
        new Dictionary<string, ReleaseAsset>
        {
            ["linux-x64"] = new("mailpit-linux-amd64.tar.gz", "e53c9f29c208877e9a8d27de7466ee4e325bf534727d080d5ef517f661d48907"),
            ["linux-arm64"] = new("mailpit-linux-arm64.tar.gz", "c8b944b47512eb2324b1110c422083c45c62be38de4b35ba558f3b8447848b4d"),
            ["darwin-x64"] = new("mailpit-darwin-amd64.tar.gz", "fbbe15c266218760d6b498750c5f7dc4ca475e93ca702b40d44df5f7af1f352d"),
            ["darwin-arm64"] = new("mailpit-darwin-arm64.tar.gz", "7199d23e8fb48a30d73639f8cf4e0f136e6c997f28bc978b5ecbc5fecde66ff9"),
            ["win32-x64"] = new("mailpit-windows-amd64.zip"),
        },
        "mailpit");

    /// <summary>
    /// postgres-meta, run by Node.js. Of its start, half a second is Sentry, which without a <c>SENTRY_DSN</c> is loaded to do nothing; a
    /// stack never sets one.
    /// </summary>
    public static NpmRuntime Meta { get; } = new("meta", "0.99.0", "@supabase/postgres-meta", "dist/server/server.js", IsProgram: false)
    {
        Bundle = new NpmBundle(
            "dist/server/bundle.mjs",
            ["oxfmt", "pgsql-parser", "libpg-query", "pg-format", "piscina", "pino", "prettier/index.mjs"],
            new Dictionary<string, string>
            {
                ["@sentry/node"] = """
                    const span = { setAttribute() {}, setAttributes() {}, setStatus() {}, end() {} };
                    export const init = () => undefined;
                    export const setupFastifyErrorHandler = () => undefined;
                    export const startSpan = (_options, work) => work(span);
                    """,
                ["@sentry/profiling-node"] = "export const nodeProfilingIntegration = () => undefined;",
            }),
    };

    /// <summary>Deno, which serves edge functions. npm has its program as one package for each platform.</summary>
    public static NpmRuntime Deno { get; } = new(
        "deno",
        "2.9.6",
        $"@deno/{InstalledRuntimes.Platform}{(OperatingSystem.IsLinux() ? "-glibc" : "")}",
        OperatingSystem.IsWindows() ? "deno.exe" : "deno");

    public static IReadOnlyList<RuntimePackage> All { get; } = [Meta, Deno, Rest, Auth, Mail];
}
