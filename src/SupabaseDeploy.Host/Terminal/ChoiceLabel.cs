using System.Management.Automation.Host;

namespace SupabaseDeploy.Host.Terminal;

/// <summary>The label of a choice (<c>Yes to &amp;All</c>), taken apart.</summary>
internal sealed record ChoiceLabel(string Key, string Text)
{
    /// <summary>What is typed to choose it.</summary>
    public string Short => Key.Length > 0 ? Key : Text;

    public static ChoiceLabel From(ChoiceDescription choice)
    {
        int mark = choice.Label.IndexOf('&', StringComparison.Ordinal);
        return mark >= 0 && mark + 1 < choice.Label.Length
            ? new ChoiceLabel(choice.Label[mark + 1].ToString().ToUpperInvariant(), choice.Label.Remove(mark, 1))
            : new ChoiceLabel("", choice.Label);
    }

    /// <summary>Whether an answer is its key or its whole text.</summary>
    public bool IsMeantBy(string answer) =>
        answer.Equals(Text, StringComparison.CurrentCultureIgnoreCase)
        || (Key.Length > 0 && answer.Equals(Key, StringComparison.CurrentCultureIgnoreCase));

    /// <inheritdoc/>
    public override string ToString() => $"[{Key}] {Text}";
}
