namespace SupabaseDeploy.Environments;

/// <summary>A value in a YAML file, with the line it starts on.</summary>
internal abstract record ConfigurationNode(int Line)
{
    /// <summary>How a message names the value.</summary>
    public abstract string Shown { get; }
}

/// <summary>A single value. Plain means written without quotes, so that it may be a number, a boolean or nothing.</summary>
internal sealed record ScalarNode(int Line, string Text, bool IsPlain) : ConfigurationNode(Line)
{
    public bool IsNothing => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";

    public override string Shown => IsNothing ? "nothing" : $"'{Text}'";
}

/// <summary>A list.</summary>
internal sealed record ListNode(int Line, IReadOnlyList<ConfigurationNode> Items) : ConfigurationNode(Line)
{
    public override string Shown => "a list";
}

/// <summary>A mapping; keys may occur twice, which the reader reports.</summary>
internal sealed record MapNode(int Line, IReadOnlyList<MapEntry> Entries) : ConfigurationNode(Line)
{
    public override string Shown => "a mapping";
}

/// <summary>One key and its value.</summary>
internal sealed record MapEntry(ScalarNode Key, ConfigurationNode Value);
