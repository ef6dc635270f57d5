using System.Text.Json;
using System.Text.Json.Nodes;

namespace SupabaseDeploy.Testing;

/// <summary>One operation of the OpenAPI file.</summary>
public sealed record ManagementApiOperation(string Id, string Method, string Path, JsonElement Definition);

/// <summary>A request as the contract looks at it.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Unescaped path.</param>
/// <param name="Query">Names and values, in order.</param>
/// <param name="ContentType">Media type without parameters; null for no body.</param>
/// <param name="Body">The body; the fields of a form as an object. Null for no body.</param>
public sealed record ManagementApiRequest(string Method, string Path, IReadOnlyList<KeyValuePair<string, string>> Query, string? ContentType, JsonElement? Body);

/// <summary>The Management API as <c>management-api.openapi.json</c> describes it.</summary>
public sealed class ManagementApiContract
{
    private const string StreamedFile = "StreamableFile";

    private readonly ManagementApiSchema _schema;

    private ManagementApiContract(JsonElement root)
    {
        _schema = new ManagementApiSchema(root.GetProperty("components").GetProperty("schemas"));
        Operations =
        [
            .. from path in root.GetProperty("paths").EnumerateObject()
               from method in path.Value.EnumerateObject()
               where method.Value.ValueKind == JsonValueKind.Object && method.Value.TryGetProperty("operationId", out _)
               select new ManagementApiOperation(method.Value.GetProperty("operationId").GetString()!, method.Name.ToUpperInvariant(), path.Name, method.Value),
        ];
    }

    /// <summary>The file in this assembly.</summary>
    public static ManagementApiContract Instance { get; } = Load();

    public IReadOnlyList<ManagementApiOperation> Operations { get; }

    /// <summary>The operation of a request and the values in its path; null when there is none.</summary>
    public (ManagementApiOperation Operation, IReadOnlyDictionary<string, string> Values)? Find(string method, string path)
    {
        string[] parts = path.Split('/');
        // A literal part goes before a placeholder: /functions/deploy is no function.
        return Operations
            .Where(operation => operation.Method == method)
            .Select(operation => (operation, Values: Match(operation.Path.Split('/'), parts)))
            .Where(found => found.Values is not null)
            .OrderBy(found => found.Values!.Count)
            .Select(found => ((ManagementApiOperation, IReadOnlyDictionary<string, string>)?)(found.operation, found.Values!))
            .FirstOrDefault();
    }

    /// <summary>How a request differs from its operation; empty when it does not.</summary>
    public IReadOnlyList<string> CheckRequest(ManagementApiOperation operation, IReadOnlyDictionary<string, string> path, ManagementApiRequest request)
    {
        JsonElement[] parameters = operation.Definition.TryGetProperty("parameters", out JsonElement list) ? [.. list.EnumerateArray()] : [];
        return
        [
            .. parameters.SelectMany(parameter => CheckParameter(parameter, path, request.Query)),
            .. request.Query.Select(pair => pair.Key).Distinct()
                .Where(name => !parameters.Any(parameter => In(parameter) == "query" && Name(parameter) == name))
                .Select(name => $"query '{name}' is not expected"),
            .. CheckBody(operation, request),
        ];
    }

    /// <summary>How an answer differs from what the operation may answer; empty when it does not.</summary>
    public IReadOnlyList<string> CheckAnswer(ManagementApiOperation operation, int status, string? contentType, JsonElement? body)
    {
        if (!operation.Definition.GetProperty("responses").TryGetProperty(status.ToString(System.Globalization.CultureInfo.InvariantCulture), out JsonElement answer))
        {
            // Not in the file, though the platform gives them: what a gateway answers, and refusals of what the schema lets through.
            return status is 400 or 404 or 409 or 502 or 503 or 504 ? [] : [$"status {status} is not expected"];
        }

        if (status >= 300 || !answer.TryGetProperty("content", out JsonElement content))
        {
            return [];
        }

        JsonElement schema = content.GetProperty("application/json").GetProperty("schema");
        bool isStream = schema.TryGetProperty("$ref", out JsonElement reference) && reference.GetString()!.EndsWith(StreamedFile, StringComparison.Ordinal);
        return isStream ? [] // A file's bytes, which the file describes as an object without properties.
            : contentType != "application/json" || body is null ? [$"the answer is '{contentType}', expected application/json"]
            : _schema.Check(schema, body.Value);
    }

    /// <summary>The schema of an operation's usual answer.</summary>
    public JsonElement AnswerSchema(ManagementApiOperation operation) => _schema.Resolve(
        operation.Definition.GetProperty("responses").EnumerateObject().First(answer => answer.Name.StartsWith('2')).Value
            .GetProperty("content").GetProperty("application/json").GetProperty("schema"));

    private static IReadOnlyDictionary<string, string>? Match(string[] template, string[] parts)
    {
        if (template.Length != parts.Length)
        {
            return null;
        }

        var values = new Dictionary<string, string>();
        foreach ((string expected, string part) in template.Zip(parts))
        {
            if (expected.StartsWith('{'))
            {
                values[expected.Trim('{', '}')] = part;
            }
            else if (expected != part)
            {
                return null;
            }
        }

        return values;
    }

    private IEnumerable<string> CheckParameter(JsonElement parameter, IReadOnlyDictionary<string, string> path, IReadOnlyList<KeyValuePair<string, string>> query)
    {
        string name = Name(parameter);
        string[] given = In(parameter) switch
        {
            "path" => [path[name]],
            "query" => [.. query.Where(pair => pair.Key == name).Select(pair => pair.Value)],
            _ => [],
        };
        if (given.Length == 0)
        {
            return In(parameter) is "path" or "query" && parameter.TryGetProperty("required", out JsonElement required) && required.GetBoolean() ? [$"{In(parameter)} '{name}' is missing"] : [];
        }

        JsonElement schema = _schema.Resolve(parameter.GetProperty("schema"));
        string type = schema.TryGetProperty("type", out JsonElement written) ? written.GetString()! : "string";
        string itemType = type == "array" ? _schema.Resolve(schema.GetProperty("items")).GetProperty("type").GetString()! : type;
        JsonNode?[] values = [.. given.Select(text => Typed(itemType, text))];
        JsonNode? value = type == "array" ? new JsonArray(values) : values[^1];
        return _schema.Check(schema, JsonSerializer.SerializeToElement(value)).Select(problem => $"{In(parameter)} '{name}': {problem}");
    }

    private IEnumerable<string> CheckBody(ManagementApiOperation operation, ManagementApiRequest request)
    {
        if (!operation.Definition.TryGetProperty("requestBody", out JsonElement expected))
        {
            return request.Body is null ? [] : ["a body is not expected"];
        }

        if (request.Body is not { } body)
        {
            return ["the body is missing"];
        }

        return expected.GetProperty("content").TryGetProperty(request.ContentType ?? "", out JsonElement content)
            ? _schema.Check(content.GetProperty("schema"), body)
            : [$"the body is '{request.ContentType}', expected {string.Join(" or ", expected.GetProperty("content").EnumerateObject().Select(type => type.Name))}"];
    }

    private static JsonNode? Typed(string type, string text) => type is "boolean" or "integer" or "number"
        ? ParseOrText(text)
        : JsonValue.Create(text);

    private static JsonNode? ParseOrText(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    private static string Name(JsonElement parameter) => parameter.GetProperty("name").GetString()!;

    private static string In(JsonElement parameter) => parameter.GetProperty("in").GetString()!;

    private static ManagementApiContract Load()
    {
        using Stream stream = typeof(ManagementApiContract).Assembly.GetManifestResourceStream("management-api.openapi.json")!;
        return new ManagementApiContract(JsonDocument.Parse(stream).RootElement);
    }
}
