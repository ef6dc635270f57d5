using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace SupabaseDeploy.Testing;

/// <summary>The body of a request: JSON, or a form with files.</summary>
public sealed record ManagementApiForm(string? ContentType, JsonElement? Body, IReadOnlyList<(string Path, byte[] Content)> Files)
{
    /// <summary>The query's values, the last of each name.</summary>
    public IReadOnlyDictionary<string, string> Query { get; private init; } = new Dictionary<string, string>();

    /// <summary>The services that a request for health names.</summary>
    public IReadOnlyList<string> AllServices { get; private init; } = [];

    public static async Task<ManagementApiForm> ReadAsync(HttpRequest request)
    {
        ManagementApiForm form = request.HasFormContentType ? await ReadFormAsync(request) : await ReadJsonAsync(request);
        return form with
        {
            Query = request.Query.ToDictionary(pair => pair.Key, pair => pair.Value[^1] ?? ""),
            AllServices = [.. request.Query["services"].OfType<string>()],
        };
    }

    /// <summary>The request as the contract looks at it.</summary>
    public ManagementApiRequest ToRequest(HttpRequest request) => new(
        request.Method,
        request.Path.Value!,
        [.. request.Query.SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value ?? "")))],
        ContentType,
        Body);

    private static async Task<ManagementApiForm> ReadJsonAsync(HttpRequest request)
    {
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer);
        if (buffer.Length == 0)
        {
            return new ManagementApiForm(null, null, []);
        }

        string? type = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? parsed) ? parsed.MediaType.Value : null;
        try
        {
            return new ManagementApiForm(type, JsonDocument.Parse(buffer.ToArray()).RootElement, []);
        }
        catch (JsonException)
        {
            return new ManagementApiForm(type ?? "no media type", JsonSerializer.SerializeToElement("not JSON"), []);
        }
    }

    private static async Task<ManagementApiForm> ReadFormAsync(HttpRequest request)
    {
        IFormCollection fields = await request.ReadFormAsync();
        var body = new JsonObject();
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues value) in fields)
        {
            body[name] = JsonNode.Parse(value[0]!);
        }

        var files = new List<(string, byte[])>();
        foreach (IFormFile file in fields.Files)
        {
            using var content = new MemoryStream();
            await file.CopyToAsync(content);
            files.Add((file.FileName, content.ToArray()));
            if (!body.ContainsKey(file.Name))
            {
                body[file.Name] = new JsonArray();
            }

            body[file.Name]!.AsArray().Add(file.FileName);
        }

        string type = MediaTypeHeaderValue.Parse(request.ContentType).MediaType.Value!;
        return new ManagementApiForm(type, JsonSerializer.SerializeToElement(body), files);
    }
}
