using System.Globalization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Releases;

public sealed class ReleaseFunctionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CollectingSink _sink = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_function_brings_its_own_files_the_shared_ones_it_reaches_and_its_settings()
    {
        WriteHello(_folder);

        Release release = await CreateAsync();

        ReleaseFunction hello = Assert.Single(release.Functions);
        Assert.Equal("hello", hello.Slug);
        Assert.False(hello.VerifyJwt);
        Assert.Equal("supabase/functions/hello/index.ts", hello.EntryPoint);
        Assert.Equal("supabase/functions/hello/deno.json", hello.ImportMap);
        Assert.Equal(["supabase/functions/hello/page.html"], hello.StaticFiles);
        Assert.Equal(
            [
                "packages/mail/template.json",
                "supabase/functions/_shared/cors.ts",
                "supabase/functions/_shared/deep/words.ts",
                "supabase/functions/hello/deno.json",
                "supabase/functions/hello/helper.ts",
                "supabase/functions/hello/index.ts",
                "supabase/functions/hello/page.html",
            ],
            hello.Files.Select(file => file.Path));
        Assert.Contains("cors = words", await File.ReadAllTextAsync(Path.Combine(release.FunctionFolder("hello"), "supabase/functions/_shared/cors.ts")), StringComparison.Ordinal);
        Assert.Empty(_sink.Events.OfType<Caution>());
        await ReleaseStore.VerifyAsync(release, CancellationToken.None);
    }

    [Fact]
    public async Task The_manifest_with_functions_is_read_back_as_it_was_written()
    {
        WriteHello(_folder);

        Release release = await CreateAsync();

        byte[] manifest = await File.ReadAllBytesAsync(Path.Combine(release.Path, "manifest.json"));
        Assert.Equal(manifest, ReleaseManifest.Write(release));
        Assert.Equal(release.Id, ReleaseManifest.IdOf(manifest));
        Assert.Equal(release.Functions[0].Digest, release.Functions[0].ComputeDigest());
    }

    [Fact]
    public async Task The_same_functions_elsewhere_with_other_times_modes_and_language_have_the_same_id()
    {
        using var elsewhere = new TemporaryFolder();
        WriteHello(_folder);
        Release here = await CreateAsync();
        WriteHello(elsewhere);
        foreach (string file in Directory.EnumerateFiles(elsewhere.Path, "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, new DateTime(2020, 2, 29, 1, 2, 3, DateTimeKind.Utc));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        CultureInfo culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo("")
        {
            NumberFormat = new NumberFormatInfo { NegativeSign = "minus", NumberGroupSeparator = "'", NumberDecimalSeparator = "," },
            DateTimeFormat = new DateTimeFormatInfo { DateSeparator = "·", TimeSeparator = "·" },
        };
        try
        {
            Release there = await CreateAsync(elsewhere);
            Assert.Equal(here.Id, there.Id);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Theory]
    [InlineData("supabase/functions/_shared/cors.ts", "export const cors = 2;")]
    [InlineData("supabase/functions/hello/deno.json", "{ \"imports\": {} }")]
    [InlineData("supabase/config.toml", "[functions.hello]\nverify_jwt = true\n")]
    public async Task Whatever_changes_how_a_function_behaves_changes_its_digest(string file, string content)
    {
        WriteHello(_folder);
        Release before = await CreateAsync();
        _folder.Write(file, content);

        Release after = await CreateAsync();

        Assert.NotEqual(before.Functions[0].Digest, after.Functions[0].Digest);
        Assert.NotEqual(before.Id, after.Id);
    }

    [Fact]
    public async Task What_is_no_function_or_is_turned_off_is_left_out()
    {
        _folder.Write("supabase/functions/_shared/index.ts", "");
        _folder.Write("supabase/functions/.hidden/index.ts", "");
        _folder.Write("supabase/functions/empty/readme.md", "");
        _folder.Write("supabase/functions/off/index.ts", "");
        _folder.Write("supabase/functions/9lives/index.ts", "");
        _folder.Write("supabase/functions/on/index.js", "");
        _folder.Write("supabase/functions/on/.env", "SECRET=1");
        _folder.Write("supabase/functions/on/index_test.ts", "");
        _folder.Write("supabase/functions/on/node_modules/left/index.js", "");
        _folder.Write("supabase/config.toml", "[functions.off]\nenabled = false\n");

        Release release = await CreateAsync();

        ReleaseFunction on = Assert.Single(release.Functions);
        Assert.Equal(["supabase/functions/on/index.js"], on.Files.Select(file => file.Path));
        Assert.Contains("'9lives'", Assert.Single(_sink.Events.OfType<Caution>()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("verify_jwt = \"env(SDTEST_VERIFY)\"", "functions.on.verify_jwt")]
    [InlineData("static_files = [\"./a.html\", \"env(SDTEST_VERIFY)\"]", "functions.on.static_files")]
    public async Task A_setting_that_a_variable_of_the_machine_decides_is_refused(string setting, string key)
    {
        _folder.Write("supabase/functions/on/index.js", "");
        _folder.Write("supabase/config.toml", $"[functions.on]\n{setting}\n");

        DeployException error = await Assert.ThrowsAsync<DeployException>(() => CreateAsync());

        Assert.Equal(ErrorTable.ReleaseContentRefused, error.Code);
        Assert.Contains($"'{key}' in 'supabase/config.toml' reads the variable 'SDTEST_VERIFY'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_stages_the_application_is_the_projects_id_wherever_it_is_checked_out()
    {
        var project = new ProjectFolder(_folder.Path);
        string folder = ReleaseSettings.ApplicationOf(project);
        _folder.Write("supabase/config.toml", "project_id = \"shop\"\n");
        string id = ReleaseSettings.ApplicationOf(project);
        _folder.Write("supabase/config.toml", "project_id = \"env(SDTEST_PROJECT)\"\n");

        Assert.Equal((Path.GetFileName(_folder.Path), "shop"), (folder, id));
        Assert.Equal(ErrorTable.ReleaseContentRefused, Assert.Throws<DeployException>(() => ReleaseSettings.ApplicationOf(project)).Code);
    }

    [Fact]
    public async Task Without_functions_there_are_none()
    {
        Assert.Empty((await CreateAsync()).Functions);
    }

    [Fact]
    public async Task A_configured_function_without_its_file_is_refused()
    {
        _folder.Write("supabase/config.toml", "[functions.hello]\nentrypoint = \"./functions/hello/main.ts\"\n");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => CreateAsync());

        Assert.Equal(ErrorTable.FunctionNotFound, e.Code);
        Assert.Contains("main.ts", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("import x from '../../../../outside.ts';")]
    [InlineData("export * from \"/etc/passwd\";")]
    [InlineData("const x = await import('file:///etc/passwd');")]
    public async Task An_import_that_leads_out_of_the_project_is_refused(string import)
    {
        _folder.Write("supabase/functions/hello/index.ts", import);

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => CreateAsync());

        Assert.Equal(ErrorTable.ReleaseContentRefused, e.Code);
        Assert.Contains("outside of the project", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("import_map = \"../../map.json\"")]
    [InlineData("entrypoint = \"../../main.ts\"")]
    [InlineData("static_files = [\"../../*.html\"]")]
    public async Task A_setting_that_names_a_file_outside_of_the_project_is_refused(string setting)
    {
        using var outside = new TemporaryFolder();
        outside.Write("map.json", "{}");
        outside.Write("main.ts", "");
        outside.Write("project/supabase/functions/hello/index.ts", "");
        outside.Write("project/supabase/config.toml", $"[functions.hello]\n{setting}\n");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => CreateAsync(Path.Combine(outside.Path, "project")));

        Assert.Equal(ErrorTable.ReleaseContentRefused, e.Code);
        Assert.Contains("outside of the project", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_that_lead_out_of_the_project_are_refused()
    {
        using var outside = new TemporaryFolder();
        string secret = outside.Write("secret.ts", "export const secret = 1;");
        _folder.Write("supabase/functions/hello/index.ts", "import { secret } from './secret.ts';");
        string link = Path.Combine(_folder.Path, "supabase", "functions", "hello", "secret.ts");
        File.CreateSymbolicLink(link, secret);

        DeployException file = await Assert.ThrowsAsync<DeployException>(() => CreateAsync());
        File.Delete(link);
        _folder.Write("supabase/functions/hello/index.ts", "import { secret } from '../_shared/secret.ts';");
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "supabase", "functions", "_shared"), outside.Path);
        DeployException folder = await Assert.ThrowsAsync<DeployException>(() => CreateAsync());

        Assert.Contains("leads out of the folder", file.Message, StringComparison.Ordinal);
        Assert.Contains("it is a link to a folder", folder.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_import_without_its_file_is_told()
    {
        _folder.Write("supabase/functions/hello/index.ts", "import './gone.ts';");

        await CreateAsync();

        Assert.Contains("there is no file 'supabase/functions/hello/gone.ts'", Assert.Single(_sink.Events.OfType<Caution>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_that_was_tampered_with_is_found_out()
    {
        WriteHello(_folder);
        Release release = await CreateAsync();
        await File.AppendAllTextAsync(Path.Combine(release.FunctionFolder("hello"), "supabase/functions/_shared/cors.ts"), " ");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ReleaseStore.VerifyAsync(release, CancellationToken.None));

        Assert.Contains("'functions/hello/supabase/functions/_shared/cors.ts' was changed", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_of_format_1_keeps_its_id()
    {
        byte[] manifest = "{\n  \"application\": \"courses\",\n  \"format\": 1,\n  \"git\": {\n    \"commit\": null,\n    \"dirty\": false\n  },\n  \"migrations\": [],\n  \"web\": null\n}\n"u8.ToArray();

        Release release = ReleaseManifest.Read(manifest, _folder.Path, DateTimeOffset.UnixEpoch);

        Assert.Empty(release.Functions);
        Assert.Equal(manifest, ReleaseManifest.Write(release));
    }

    private static void WriteHello(TemporaryFolder folder)
    {
        folder.Write(
            "supabase/functions/hello/index.ts",
            """
            import { serve } from "https://deno.land/std/http/server.ts";
            import {
              cors,
            } from "../_shared/cors.ts";
            import type { Mail } from 'jsr:@x/mail';
            import template from "@mail/template.json" with { type: "json" };
            const page = await Deno.readTextFile(new URL("./page.html", import.meta.url));
            """);
        folder.Write("supabase/functions/hello/helper.ts", "export {};");
        folder.Write("supabase/functions/hello/page.html", "<p>");
        folder.Write("supabase/functions/hello/deno.json", """{ /* packages */ "imports": { "@mail/": "../../../packages/mail/", "zod": "npm:zod@3", } }""");
        folder.Write("supabase/functions/_shared/cors.ts", "export * from './deep/words.ts';\nexport const cors = words;");
        folder.Write("supabase/functions/_shared/deep/words.ts", "export const words = 1;");
        folder.Write("supabase/functions/_shared/unused.ts", "");
        folder.Write("packages/mail/template.json", "{}");
        folder.Write("supabase/config.toml", "[functions.hello]\nverify_jwt = false\nstatic_files = [\"./functions/hello/*.html\"]\n");
    }

    private Task<Release> CreateAsync(TemporaryFolder? folder = null) => CreateAsync((folder ?? _folder).Path);

    private Task<Release> CreateAsync(string project) => new ReleaseStore(new ProjectFolder(project)).CreateAsync(
        new ReleaseContent { Application = "courses", MigrationsFolder = Path.Combine(project, "migrations") }, _sink, CancellationToken.None);
}
