using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets;

/// <summary>
/// The settings of a place's services, key by key. Only declared keys exist for it: what neither the release nor the environment declares
/// is neither read into a plan nor changed.
/// </summary>
public interface IPlaceConfiguration
{
    /// <summary>The declared keys whose value differs from what the place has, in ordinal order of their keys. Changes nothing.</summary>
    /// <param name="release">The release that is to come here.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.DeployException">A key the place does not have, or a value it does not take, each named.</exception>
    Task<IReadOnlyList<ConfigurationChange>> PlanAsync(Release release, CancellationToken cancellationToken);

    /// <summary>
    /// Brings every key to its <see cref="ConfigurationChange.NewValue"/>, and reads them again. A key that has it already is left alone, so the
    /// call may be repeated. Going back is the same call with <see cref="ConfigurationChange.Reverse"/>.
    /// </summary>
    /// <param name="changes">What is to change.</param>
    /// <param name="sink">Told what is done.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task ApplyAsync(IReadOnlyList<ConfigurationChange> changes, IProgressSink sink, CancellationToken cancellationToken);
}

/// <summary>One key whose value is to change. Kept in the ledger as it is, so a secret's values are never in it.</summary>
/// <param name="Key">The key, with the service first: <c>auth.jwt_exp</c>, <c>api.max_rows</c>, <c>secret.SMTP_PASSWORD</c>.</param>
/// <param name="OldValue">The value now, as JSON (<c>3600</c>, <c>true</c>, <c>"text"</c>); null when it is not set, or not readable as those of secrets are not.</param>
/// <param name="NewValue">The value to be, as JSON; null to unset it. Null too for a secret, whose value the place takes from the secret store itself.</param>
public sealed record ConfigurationChange(string Key, string? OldValue, string? NewValue)
{
    /// <summary>True when it can lock users out, let anybody in, or end sessions: it is asked about by itself.</summary>
    public bool IsDangerous { get; init; }

    /// <summary>True for a secret: its values are not shown, and cannot be read back to go back to them.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Why it matters, for whoever is asked; null when the key says it all.</summary>
    public string? Remark { get; init; }

    /// <summary>The way back. A secret has none: what it was cannot be read.</summary>
    public ConfigurationChange Reverse() => this with { OldValue = NewValue, NewValue = OldValue };

    /// <inheritdoc/>
    public override string ToString() => IsSecret ? $"{Key}: set from the secret store" : $"{Key}: {OldValue ?? "not set"} → {NewValue ?? "not set"}";
}
