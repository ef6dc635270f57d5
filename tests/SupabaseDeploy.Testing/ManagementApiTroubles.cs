namespace SupabaseDeploy.Testing;

/// <summary>What the server does in place of answering as usual, once.</summary>
public sealed record ManagementApiTrouble
{
    /// <summary>Status to answer with.</summary>
    public int Status { get; init; } = 500;

    /// <summary>The body's message.</summary>
    public string Message { get; init; } = "Something is wrong.";

    /// <summary>Headers of the answer.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>True to cut the connection and answer nothing.</summary>
    public bool IsCut { get; init; }

    /// <summary>True to give no answer until whoever asks gives up.</summary>
    public bool IsSilent { get; init; }

    /// <summary>True to do what was asked before: the answer is what gets lost.</summary>
    public bool IsDoneFirst { get; init; }

    /// <summary>Too many requests, with the time to wait.</summary>
    public static ManagementApiTrouble TooMany(int seconds) => new()
    {
        Status = 429,
        Message = "ThrottlerException: Too Many Requests",
        Headers = new Dictionary<string, string> { ["Retry-After"] = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture) },
    };
}
