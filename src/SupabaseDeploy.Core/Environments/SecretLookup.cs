using System.Collections.Concurrent;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Environments;

/// <summary>A vault that only the caller can ask.</summary>
public interface ISecretVault
{
    /// <summary>The value of a secret, or why there is none. Blocks until it is known.</summary>
    /// <exception cref="OperationCanceledException">The caller was stopped.</exception>
    SecretAnswer Read(string vault, string name);
}

/// <summary>
/// How the secrets of one command are asked for: by whom, until when, and what was answered already. It belongs to the flow of control that
/// entered it, as secrets are resolved in many places (an environment, the settings of a release, the store of releases) and none of them
/// knows who started it.
/// </summary>
public sealed class SecretLookup
{
    private const string Activity = "Read secrets";

    private static readonly AsyncLocal<SecretLookup?> s_current = new();

    private readonly ConcurrentDictionary<string, Lazy<SecretAnswer>> _answers = new(StringComparer.Ordinal);

    /// <summary>Who can ask a vault; null where nobody can.</summary>
    public ISecretVault? Vault { get; init; }

    /// <summary>True where nothing may be started or asked that a person would have to wait for or answer, as while completing a word.</summary>
    public bool IsQuiet { get; init; }

    /// <summary>Told who is being asked.</summary>
    public IProgressSink Sink { get; init; } = NullProgressSink.Instance;

    /// <summary>The clock of time limits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The lookup that was entered; a new one, that can ask no vault, where none was.</summary>
    public static SecretLookup Current => s_current.Value ?? new SecretLookup();

    /// <summary>Cancelled when the command is stopped.</summary>
    internal CancellationToken Cancellation { get; private set; }

    /// <summary>Makes it the current one of this flow of control until the result is disposed.</summary>
    /// <param name="cancellationToken">Ends what is being asked.</param>
    public IDisposable Enter(CancellationToken cancellationToken)
    {
        Cancellation = cancellationToken;
        var before = new Before(s_current.Value);
        s_current.Value = this;
        return before;
    }

    /// <summary>Asks once for each question, however often and from however many threads.</summary>
    /// <param name="place">Who is asked, as people know it: <c>the vault 'team'</c>.</param>
    /// <param name="question">What tells this question from every other.</param>
    /// <param name="name">The secret.</param>
    /// <param name="ask">Asks.</param>
    internal SecretAnswer Once(string place, string question, string name, Func<SecretAnswer> ask) => _answers.GetOrAdd(question, _ => new Lazy<SecretAnswer>(() =>
    {
        // It takes a second for each where a password manager is far away, and longer where it asks a person.
        Sink.Publish(new ActivityProgress(Activity, $"Asking {place}", Operation: name));
        try
        {
            return ask();
        }
        finally
        {
            Sink.Publish(new ActivityCompleted(Activity));
        }
    })).Value;

    private sealed class Before(SecretLookup? lookup) : IDisposable
    {
        public void Dispose() => s_current.Value = lookup;
    }
}
