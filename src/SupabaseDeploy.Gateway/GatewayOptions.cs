using System.Globalization;

namespace SupabaseDeploy.Gateway;

/// <summary>What a gateway is started with. Every option is needed.</summary>
internal sealed record GatewayOptions
{
    /// <summary>Folder with <c>current</c> (the id of the served release) and <c>releases/&lt;id&gt;/</c>.</summary>
    public required string WebRoot { get; init; }

    /// <summary>TCP port on 127.0.0.1; 0 for any free one.</summary>
    public required int Port { get; init; }

    /// <summary>Name of the environment, shown in health and on the page that stands in for a first release.</summary>
    public required string Environment { get; init; }

    /// <summary>File to write when listening.</summary>
    public required string StateFile { get; init; }

    /// <summary>File to log to.</summary>
    public required string LogFile { get; init; }

    /// <summary>The plan of the services to run: see <see cref="SupabaseDeploy.LocalStack.ServicePlan"/>.</summary>
    public required string PlanFile { get; init; }

    /// <summary>Reads <c>--name value</c> pairs.</summary>
    /// <exception cref="ArgumentException">Says which option is wrong and how.</exception>
    public static GatewayOptions Parse(IReadOnlyList<string> arguments)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < arguments.Count; i += 2)
        {
            if (i + 1 == arguments.Count || !values.TryAdd(arguments[i], arguments[i + 1]))
            {
                throw new ArgumentException($"Option '{arguments[i]}' has no value or is given twice.");
            }
        }

        var options = new GatewayOptions
        {
            WebRoot = Path.GetFullPath(Take(values, "--web-root")),
            Port = ParsePort(Take(values, "--port")),
            Environment = Take(values, "--environment"),
            StateFile = Path.GetFullPath(Take(values, "--state")),
            LogFile = Path.GetFullPath(Take(values, "--log")),
            PlanFile = Path.GetFullPath(Take(values, "--plan")),
        };
        return values.Count == 0 ? options : throw new ArgumentException($"Option '{values.Keys.First()}' is not known.");
    }

    private static string Take(Dictionary<string, string> values, string name) =>
        values.Remove(name, out string? value) && value.Length > 0 ? value : throw new ArgumentException($"Option '{name}' is missing.");

    private static int ParsePort(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            ? port
            : throw new ArgumentException($"Option '--port' is '{text}': expected 0 to 65535.");
}
