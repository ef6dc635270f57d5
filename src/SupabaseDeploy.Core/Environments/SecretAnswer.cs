namespace SupabaseDeploy.Environments;

/// <summary>What a place said when it was asked for a secret.</summary>
public sealed record SecretAnswer
{
    private SecretAnswer()
    {
    }

    /// <summary>The value; null where the place has none.</summary>
    public Secret? Value { get; private init; }

    /// <summary>Why there is no value, as half a sentence without a value in it: <c>there is no file 'x'</c>. Empty when there is one.</summary>
    public string Reason { get; private init; } = "";

    /// <summary>True where the place has the secret but must not be used as it is, so that no further place is asked.</summary>
    public bool IsRefused { get; private init; }

    /// <summary>The place has it.</summary>
    public static SecretAnswer Found(Secret value) => new() { Value = value };

    /// <summary>The place does not have it; the next one is asked.</summary>
    public static SecretAnswer Missing(string reason) => new() { Reason = reason };

    /// <summary>The place has it, but something is wrong that hiding it behind another place would not make right.</summary>
    public static SecretAnswer Refused(string reason) => new() { Reason = reason, IsRefused = true };
}
