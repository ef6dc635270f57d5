using System.Text;
using System.Text.Json;

namespace SupabaseDeploy.FlutterApps;

/// <summary>
/// The daemon's protocol as text: one <c>[{…}]</c> a line, between lines that are none of it. Does no input or output.
/// Source: https://github.com/flutter/flutter/blob/master/packages/flutter_tools/doc/daemon.md
/// </summary>
internal static class FlutterProtocol
{
    /// <summary>Reads one line; null for every line that is not one message of the protocol.</summary>
    public static FlutterMessage? Parse(string line)
    {
        ReadOnlySpan<char> text = line.AsSpan().Trim();
        if (!text.StartsWith("[{") || !text.EndsWith("}]"))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text.ToString());
            return document.RootElement.GetArrayLength() == 1 ? Read(document.RootElement[0]) : null;
        }
        catch (JsonException)
        {
            return null; // The application prints what it likes, also half of such a line.
        }
    }

    /// <summary>One line that asks for something.</summary>
    public static string Request(int id, string method, IReadOnlyDictionary<string, object> parameters)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("method", method);
            json.WriteStartObject("params");
            foreach ((string name, object value) in parameters)
            {
                json.WritePropertyName(name);
                if (value is bool flag)
                {
                    json.WriteBooleanValue(flag);
                }
                else
                {
                    json.WriteStringValue((string)value);
                }
            }

            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>Asks for a hot reload, or for a hot restart, which loses the application's state.</summary>
    public static string Restart(int id, string appId, bool isFull, string reason) => Request(id, "app.restart", new Dictionary<string, object>
    {
        ["appId"] = appId, ["fullRestart"] = isFull, ["pause"] = false, ["reason"] = reason, ["debounce"] = !isFull,
    });

    /// <summary>Asks for the end of the application.</summary>
    public static string Stop(int id, string appId) => Request(id, "app.stop", new Dictionary<string, object> { ["appId"] = appId });

    /// <summary>Asks for the end of Flutter.</summary>
    public static string Shutdown(int id) => Request(id, "daemon.shutdown", new Dictionary<string, object>());

    private static FlutterMessage? Read(JsonElement message)
    {
        if (Text(message, "event") is { } name)
        {
            JsonElement details = message.TryGetProperty("params", out JsonElement given) && given.ValueKind == JsonValueKind.Object ? given : default;
            return ReadEvent(name, details);
        }

        return message.TryGetProperty("id", out JsonElement id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out int number) ? ReadAnswer(number, message) : null;
    }

    private static FlutterMessage? ReadEvent(string name, JsonElement details) => name switch
    {
        "app.start" => Text(details, "appId") is { } appId ? new AppStarting(appId, Text(details, "deviceId")) : null,
        "app.debugPort" => Text(details, "wsUri") is { } uri ? new AppDebugPort(uri) : null,
        "app.webLaunchUrl" => Text(details, "url") is { } url ? new AppWebAddress(url) : null,
        "app.started" => Text(details, "appId") is { } appId ? new AppStarted(appId) : null,
        "app.log" => Text(details, "log") is { } log ? new LogText(log, IsTrue(details, "error") ? LogLevel.Error : LogLevel.Information, IsOfApp: true) : null,
        "app.progress" => Text(details, "id") is { } id ? new OperationProgress(id, Text(details, "message"), IsTrue(details, "finished")) : null,
        "app.stop" => new AppStopped(Text(details, "error")),
        "daemon.logMessage" => Text(details, "message") is { } message ? new LogText(message, Level(Text(details, "level")), IsOfApp: false) : null,
        _ => new OtherMessage(name),
    };

    private static FlutterAnswer ReadAnswer(int id, JsonElement message)
    {
        if (Text(message, "error") is { } error)
        {
            return new FlutterAnswer(id, 1, error);
        }

        // app.restart answers with an object, app.stop with true or false, daemon.shutdown with nothing.
        JsonElement result = message.TryGetProperty("result", out JsonElement given) ? given : default;
        return result.ValueKind == JsonValueKind.Object
            ? new FlutterAnswer(id, result.TryGetProperty("code", out JsonElement code) && code.ValueKind == JsonValueKind.Number && code.TryGetInt32(out int number) ? number : 0, Text(result, "message") ?? "")
            : new FlutterAnswer(id, result.ValueKind == JsonValueKind.False ? 1 : 0, "");
    }

    private static LogLevel Level(string? level) => level switch
    {
        "error" => LogLevel.Error,
        "warning" => LogLevel.Warning,
        "trace" => LogLevel.Trace,
        _ => LogLevel.Information,
    };

    /// <summary>The property's text; ids may be numbers, and are opaque.</summary>
    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
            ? value.ValueKind switch { JsonValueKind.String => value.GetString(), JsonValueKind.Number => value.GetRawText(), _ => null }
            : null;

    private static bool IsTrue(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;
}
