using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SupabaseDeploy.Testing;

/// <content>Functions and secrets.</content>
public sealed partial class ManagementApiProject
{
    private readonly Dictionary<(string Slug, string Digest), (JsonObject Function, IReadOnlyList<(string Path, byte[] Content)> Files)> _bundles = [];
    private readonly SortedDictionary<string, JsonObject> _functions = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _secrets = new(StringComparer.Ordinal);
    private JsonArray? _staleFunctions;
    private JsonArray? _staleSecrets;
    private int _staleAnswers;

    /// <summary>Slugs that cannot be bundled.</summary>
    public HashSet<string> Unbundleable { get; } = [];

    /// <summary>True to leave out of a bundle's description who may call it, as the contract allows.</summary>
    public bool IsSilentAboutCallers { get; set; }

    /// <summary>After a change, so many lists still show what was before it.</summary>
    public int ListsBehind { get; set; }

    /// <summary>How often functions were activated.</summary>
    public int Activations { get; private set; }

    /// <summary>The values of its secrets.</summary>
    public IReadOnlyDictionary<string, string> Secrets => _secrets;

    /// <summary>Slugs that answer.</summary>
    public IReadOnlyList<string> Slugs => [.. _functions.Keys];

    /// <summary>The text of a source file of a function that answers; null when there is none.</summary>
    public string? Source(string slug, string path) => _functions.TryGetValue(slug, out JsonObject? function)
        ? Bundle(function).Files.Where(file => file.Path == path).Select(file => Encoding.UTF8.GetString(file.Content)).FirstOrDefault()
        : null;

    /// <summary>A setting of a function that answers.</summary>
    public JsonNode? Setting(string slug, string name) => _functions[slug][name];

    /// <summary>Deploys a function as another program would.</summary>
    public void AddFunction(string slug, string source)
    {
        JsonObject bundle = MakeBundle(slug, new JsonObject { ["entrypoint_path"] = "index.ts", ["verify_jwt"] = true }, [("index.ts", Encoding.UTF8.GetBytes(source))]);
        _functions[slug] = Activate(bundle);
    }

    /// <summary>Sets a secret as another program would.</summary>
    public void AddSecret(string name, string value) => _secrets[name] = value;

    private ManagementApiAnswer? AnswerAboutFunctions(string operationId, IReadOnlyDictionary<string, string> path, ManagementApiForm form) => operationId switch
    {
        "v1-list-all-functions" => new(200, List(ref _staleFunctions, ListFunctions)),
        "v1-deploy-a-function" => Deploy(form),
        "v1-bulk-update-functions" => ActivateAll(form.Body!.Value),
        "v1-get-a-function-body" => _functions.TryGetValue(path["function_slug"], out JsonObject? function) ? Stream(function) : Missing(path["function_slug"]),
        "v1-delete-a-function" => Delete(path["function_slug"]),
        "v1-list-all-secrets" => new(200, List(ref _staleSecrets, ListSecrets)),
        "v1-bulk-create-secrets" => SetSecrets(form.Body!.Value),
        "v1-bulk-delete-secrets" => DeleteSecrets(form.Body!.Value),
        _ => null,
    };

    private ManagementApiAnswer Deploy(ManagementApiForm form)
    {
        string slug = form.Query["slug"];
        if (Unbundleable.Contains(slug))
        {
            return new(400, new JsonObject { ["message"] = $"Failed to bundle the function (reason: The module's source code could not be parsed: Expected ';' at file:///source/{slug}/index.ts:1:7)." });
        }

        JsonElement metadata = form.Body!.Value.GetProperty("metadata");
        string entry = metadata.GetProperty("entrypoint_path").GetString()!;
        if (!form.Files.Any(file => file.Path == entry))
        {
            return new(400, new JsonObject { ["message"] = $"Entrypoint path does not exist - {entry}" });
        }

        JsonObject bundle = MakeBundle(slug, JsonNode.Parse(metadata.GetRawText())!.AsObject(), form.Files);
        if (form.Query.GetValueOrDefault("bundleOnly") != "true")
        {
            BecomeStale();
            _functions[slug] = Activate(bundle);
        }

        JsonObject described = bundle.DeepClone().AsObject();
        if (IsSilentAboutCallers)
        {
            described.Remove("verify_jwt");
        }

        return new(201, described);
    }

    private ManagementApiAnswer ActivateAll(JsonElement functions)
    {
        BecomeStale();
        Activations++;
        foreach (JsonElement function in functions.EnumerateArray())
        {
            var wanted = JsonNode.Parse(function.GetRawText())!.AsObject();
            if (!_bundles.ContainsKey(Key(wanted)))
            {
                return new(400, new JsonObject { ["message"] = $"Bundle of '{wanted["slug"]}' not found" });
            }
        }

        foreach (JsonElement function in functions.EnumerateArray())
        {
            var wanted = JsonNode.Parse(function.GetRawText())!.AsObject();
            _functions[wanted["slug"]!.GetValue<string>()] = Activate(wanted);
        }

        return new(200, new JsonObject { ["functions"] = ListFunctions() });
    }

    private JsonObject MakeBundle(string slug, JsonObject metadata, IReadOnlyList<(string Path, byte[] Content)> files)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string path, byte[] content) in files)
        {
            digest.AppendData(Encoding.UTF8.GetBytes(path));
            digest.AppendData(content);
        }

        JsonObject? current = _functions.GetValueOrDefault(slug);
        var bundle = new JsonObject
        {
            ["id"] = current?["id"]?.GetValue<string>() ?? Guid.NewGuid().ToString(),
            ["slug"] = slug,
            ["name"] = metadata["name"]?.GetValue<string>() ?? slug,
            ["status"] = "ACTIVE",
            ["version"] = (current?["version"]?.GetValue<int>() ?? 0) + 1,
            ["created_at"] = 1767225600000,
            ["verify_jwt"] = metadata["verify_jwt"]?.GetValue<bool>() ?? true,
            ["import_map"] = metadata["import_map_path"] is not null,
            ["entrypoint_path"] = $"file:///source/{metadata["entrypoint_path"]}",
            ["ezbr_sha256"] = Convert.ToHexStringLower(digest.GetHashAndReset()),
        };
        if (metadata["import_map_path"] is { } map)
        {
            bundle["import_map_path"] = $"file:///source/{map}";
        }

        _bundles[Key(bundle)] = (bundle, files);
        return bundle;
    }

    private static JsonObject Activate(JsonObject bundle)
    {
        var function = bundle.DeepClone().AsObject();
        function["updated_at"] = 1767225600000;
        return function;
    }

    private ManagementApiAnswer Stream(JsonObject function)
    {
        const string Boundary = "management-api-boundary";
        using var body = new MemoryStream();
        foreach ((string path, byte[] content) in Bundle(function).Files)
        {
            body.Write(Encoding.UTF8.GetBytes($"--{Boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{path}\"\r\nSupabase-Path: {path}\r\n\r\n"));
            body.Write(content);
            body.Write("\r\n"u8);
        }

        body.Write(Encoding.UTF8.GetBytes($"--{Boundary}--\r\n"));
        return new(200, null, body.ToArray(), $"multipart/form-data; boundary={Boundary}");
    }

    private ManagementApiAnswer Delete(string slug)
    {
        if (!_functions.ContainsKey(slug))
        {
            return Missing(slug);
        }

        BecomeStale();
        _functions.Remove(slug);
        return new(200);
    }

    private ManagementApiAnswer SetSecrets(JsonElement secrets)
    {
        BecomeStale();
        foreach (JsonElement secret in secrets.EnumerateArray())
        {
            _secrets[secret.GetProperty("name").GetString()!] = secret.GetProperty("value").GetString()!;
        }

        return new(201);
    }

    private ManagementApiAnswer DeleteSecrets(JsonElement names)
    {
        BecomeStale();
        foreach (JsonElement name in names.EnumerateArray())
        {
            _secrets.Remove(name.GetString()!);
        }

        return new(200);
    }

    private JsonArray List(ref JsonArray? stale, Func<JsonArray> current)
    {
        if (stale is null || _staleAnswers <= 0)
        {
            stale = null;
            return current();
        }

        _staleAnswers--;
        return stale.DeepClone().AsArray();
    }

    private void BecomeStale()
    {
        if (ListsBehind > 0)
        {
            _staleFunctions = ListFunctions();
            _staleSecrets = ListSecrets();
            _staleAnswers = ListsBehind;
        }
    }

    private JsonArray ListFunctions() => [.. _functions.Values.Select(function => function.DeepClone())];

    private JsonArray ListSecrets() =>
    [
        .. _secrets.Select(secret => new JsonObject
        {
            ["name"] = secret.Key,
            ["value"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret.Value))),
            ["updated_at"] = "2026-11-23T05:00:00Z",
        }),
    ];

    private (JsonObject Function, IReadOnlyList<(string Path, byte[] Content)> Files) Bundle(JsonObject function) => _bundles[Key(function)];

    private static (string Slug, string Digest) Key(JsonObject function) =>
        (function["slug"]!.GetValue<string>(), function["ezbr_sha256"]?.GetValue<string>() ?? "");

    private static ManagementApiAnswer Missing(string slug) =>
        new(404, new JsonObject { ["message"] = string.Create(CultureInfo.InvariantCulture, $"Function '{slug}' not found") });
}
