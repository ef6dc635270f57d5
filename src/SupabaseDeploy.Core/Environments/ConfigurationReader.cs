using System.Text.Json;
using System.Text.RegularExpressions;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Environments;

/// <summary>Reads <c>configuration</c> of a stage: which settings of the services are declared for it.</summary>
internal static partial class ConfigurationReader
{
    private const string Value = "text, a number, true, false or a list of them";

    public static WrittenConfiguration? Read(MapReader? map, ProblemList problems)
    {
        if (map is null)
        {
            return null;
        }

        var set = new Dictionary<string, Written<string>>(StringComparer.Ordinal);
        foreach ((string key, ConfigurationNode node, string path) in map.Entries("set", "a mapping of keys and values"))
        {
            if (Setting(key, node, path, problems) is { } json)
            {
                set[key] = new Written<string>(json, path, node.Line);
            }
        }

        return new WrittenConfiguration(new Written<string>("", map.Path, map.Line))
        {
            Take = map.Texts("take", "a list of keys of supabase/config.toml, with '*'"),
            Set = set,
        };
    }

    private static string? Setting(string key, ConfigurationNode node, string path, ProblemList problems)
    {
        if (!Key().IsMatch(key))
        {
            problems.Error(path, node.Line, $"'{key}' is not a key of config.toml; expected one like 'auth.jwt_expiry'.");
            return null;
        }

        if (Json(node) is not { } json)
        {
            problems.Error(path, node.Line, $"{node.Shown} stands here; expected {Value}.");
            return null;
        }

        using JsonDocument document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.String)
        {
            return json;
        }

        string text = document.RootElement.GetString()!;
        if (Reference.FormProblem(text) is { } form)
        {
            problems.Error(path, node.Line, form);
            return null;
        }

        if (DeclaredSettings.SecretIn(key, text) is { } secret)
        {
            problems.Error(path, node.Line, $"{secret}, and this file is kept in git; expected '${{secret:NAME}}' in its place.");
            return null;
        }

        return json;
    }

    private static string? Json(ConfigurationNode node) => node switch
    {
        ScalarNode { IsNothing: false, IsPlain: true } plain => SettingValue.OfPlain(plain.Text),
        ScalarNode { IsNothing: false } text => SettingValue.Text(text.Text),
        ListNode list when list.Items.Select(item => item is ScalarNode ? Json(item) : null).ToArray() is var items && items.All(item => item is not null) => $"[{string.Join(',', items)}]",
        _ => null,
    };

    [GeneratedRegex(@"\A[a-z][a-z0-9_]*(\.[A-Za-z0-9_-]+)+\z")]
    private static partial Regex Key();
}
