using System.Text.RegularExpressions;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Releases;

/// <summary>
/// Finds the edge functions of a project: the folders of <c>supabase/functions</c>, and what <c>config.toml</c> says of them
/// (<see href="https://supabase.com/docs/guides/functions/function-configuration"/>). Paths in it begin at the folder <c>supabase</c>.
/// </summary>
internal sealed partial class FunctionFolder(ProjectFolder project, IProgressSink sink)
{
    // The first of each that exists: the local stack serves the same ones.
    private static readonly string[] s_entryPoints = ["index.ts", "index.js", "index.tsx", "index.jsx", "index.mts", "index.mjs"];
    private static readonly string[] s_importMaps = ["deno.json", "deno.jsonc", "import_map.json"];

    // What a release says of a function.
    private static readonly string[] s_keys = ["enabled", "verify_jwt", "entrypoint", "import_map", "static_files"];

    private readonly string _supabase = Path.Combine(project.Root, "supabase");
    private readonly SupabaseConfiguration _configuration = SupabaseConfiguration.Load(project);

    private string Functions => Path.Combine(_supabase, "functions");

    /// <summary>Every function that is to be deployed, by name.</summary>
    /// <exception cref="DeployException">Files outside of the project, a configured function without its file, or a setting that reads a variable.</exception>
    public IReadOnlyList<FunctionSource> Read()
    {
        foreach (string key in _configuration.Names("functions").SelectMany(slug => s_keys.Select(key => $"functions.{slug}.{key}")))
        {
            ReleaseSettings.EnsureSameEverywhere(_configuration, key);
        }

        var functions = new List<FunctionSource>();
        foreach (string slug in Slugs().Where(slug => _configuration.Flag($"functions.{slug}.enabled") != false))
        {
            if (EntryPoint(slug) is not { } entryPoint)
            {
                continue;
            }

            if (!SlugPattern().IsMatch(slug))
            {
                sink.Publish(new Caution($"Function '{slug}' is not part of the release: the platform takes names of letters, digits, '_' and '-' that begin with a letter."));
                continue;
            }

            functions.Add(Read(slug, entryPoint));
        }

        return functions;
    }

    private FunctionSource Read(string slug, string entryPoint)
    {
        string? importMap = ImportMap(slug);
        string[] staticFiles = [.. (_configuration.Texts($"functions.{slug}.static_files") ?? []).SelectMany(pattern => Match(slug, pattern)).Distinct(StringComparer.Ordinal)];
        var files = new SortedSet<string>(OwnFiles(Path.Combine(Functions, slug)), StringComparer.Ordinal);
        files.UnionWith(staticFiles);
        files.UnionWith(new FunctionImports(project.Root, slug, sink).Follow(entryPoint, importMap));
        foreach (string file in files)
        {
            EnsureInProject(slug, file);
        }

        return new FunctionSource(slug, _configuration.Flag($"functions.{slug}.verify_jwt") ?? true, entryPoint, importMap, staticFiles, [.. files]);
    }

    private IEnumerable<string> Slugs()
    {
        IEnumerable<string> folders = Directory.Exists(Functions) ? Directory.EnumerateDirectories(Functions).Select(folder => Path.GetFileName(folder)) : [];
        return folders.Where(name => name is [not ('_' or '.'), ..]).Union(_configuration.Names("functions"), StringComparer.Ordinal).Order(StringComparer.Ordinal);
    }

    /// <summary>Null for a folder that is no function.</summary>
    private string? EntryPoint(string slug)
    {
        if (Configured(slug, "entrypoint") is { } configured)
        {
            return File.Exists(configured) ? configured : throw Missing(slug, "entrypoint", configured);
        }

        string? found = s_entryPoints.Select(name => Path.Combine(Functions, slug, name)).FirstOrDefault(File.Exists);
        return found is not null || !_configuration.Names("functions").Contains(slug)
            ? found
            : throw Missing(slug, "entrypoint", Path.Combine(Functions, slug, s_entryPoints[0]));
    }

    private string? ImportMap(string slug) => Configured(slug, "import_map") switch
    {
        { } configured => File.Exists(configured) ? configured : throw Missing(slug, "import_map", configured),
        null => s_importMaps.Select(name => Path.Combine(Functions, slug, name)).Concat(s_importMaps.Select(name => Path.Combine(Functions, name))).FirstOrDefault(File.Exists),
    };

    private string? Configured(string slug, string key) =>
        _configuration.Text($"functions.{slug}.{key}") is { Length: > 0 } path ? Path.GetFullPath(Path.Combine(_supabase, path)) : null;

    /// <summary>
    /// What lies in the function's folder, without what is never served: hidden files, of which <c>.env</c> holds secrets, packages that
    /// are fetched again, and tests.
    /// </summary>
    private IEnumerable<string> OwnFiles(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        ReleasePath.EnsureInside(project.Root, folder);
        return new DirectoryInfo(folder).EnumerateFileSystemInfos()
            .Where(entry => !entry.Name.StartsWith('.') && entry.Name != "node_modules")
            .SelectMany(entry => entry is DirectoryInfo ? OwnFiles(entry.FullName) : TestFile().IsMatch(entry.Name) ? [] : [entry.FullName]);
    }

    /// <summary>The files of a pattern: <c>*</c> and <c>?</c> within a folder, <c>**</c> over folders, as in the CLI's <c>static_files</c>.</summary>
    private IReadOnlyList<string> Match(string slug, string pattern)
    {
        string absolute = Path.GetFullPath(Path.Combine(_supabase, pattern));
        EnsureInProject(slug, absolute);
        string fixedPart = absolute.Split('*', '?', '[')[0];
        string folder = fixedPart == absolute && File.Exists(absolute) ? Path.GetDirectoryName(absolute)! : fixedPart[..(fixedPart.LastIndexOf(Path.DirectorySeparatorChar) + 1)];
        var matching = new Regex($@"\A{string.Join(".*", absolute.Split("**").Select(InFolder))}\z", RegexOptions.CultureInvariant);
        string[] found = Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => matching.IsMatch(file)).Order(StringComparer.Ordinal)]
            : [];
        if (found.Length == 0)
        {
            sink.Publish(new Caution($"Function '{slug}': no file matches '{pattern}' of static_files."));
        }

        return found;
    }

    private static string InFolder(string pattern) =>
        Regex.Escape(pattern).Replace("\\*", "[^/\\\\]*", StringComparison.Ordinal).Replace("\\?", "[^/\\\\]", StringComparison.Ordinal);

    private void EnsureInProject(string slug, string file)
    {
        if (!ReleasePath.IsBelow(project.Root, file))
        {
            throw ReleasePath.Refused(file, $"function '{slug}' names it, and it is outside of the project '{project.Root}'");
        }

        if (File.Exists(file))
        {
            ReleasePath.EnsureInside(project.Root, file);
        }
    }

    private DeployException Missing(string slug, string key, string path) => new(
        ErrorTable.FunctionNotFound,
        $"Function '{slug}' cannot be part of a release: its {key} '{path}' does not exist.",
        $"Write the file, correct [functions.{slug}] in supabase/config.toml, or set 'enabled = false' there.",
        path);

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_-]*\z")]
    private static partial Regex SlugPattern();

    // What 'deno test' takes for tests.
    [GeneratedRegex(@"(\A|[._])test\.(ts|tsx|mts|js|mjs|jsx)\z")]
    private static partial Regex TestFile();
}
