using System.Globalization;
using System.Management.Automation.Host;
using System.Reflection;
using SupabaseDeploy.Host.Terminal;

namespace SupabaseDeploy.Host;

/// <summary>What the engine knows of this host.</summary>
internal sealed class ThisHost(TerminalInterface terminal) : PSHost
{
    /// <summary>The module recognises the host by this name.</summary>
    public const string HostName = "SupabaseDeploy.Host";

    /// <summary>The version of this host.</summary>
    public static Version HostVersion { get; } = new(Assembly.GetExecutingAssembly().GetName().Version!.ToString(3));

    /// <summary>True after <c>exit</c>.</summary>
    public bool ShouldExit { get; private set; }

    /// <summary>The exit code that <c>exit</c> gave.</summary>
    public int ExitCode { get; private set; }

    /// <summary>Runs a prompt inside a running command (the answer Suspend, or <c>$Host.EnterNestedPrompt()</c>).</summary>
    public Action? NestedPrompt { get; set; }

    /// <summary>Ends the innermost nested prompt.</summary>
    public Action? EndNestedPrompt { get; set; }

    /// <inheritdoc/>
    public override string Name => HostName;

    /// <inheritdoc/>
    public override Version Version => HostVersion;

    /// <inheritdoc/>
    public override Guid InstanceId { get; } = Guid.NewGuid();

    /// <inheritdoc/>
    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    /// <inheritdoc/>
    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    /// <inheritdoc/>
    public override PSHostUserInterface UI => terminal;

    /// <summary>The terminal or what stands in for it.</summary>
    public TerminalInterface Terminal => terminal;

    /// <inheritdoc/>
    public override void SetShouldExit(int exitCode)
    {
        ShouldExit = true;
        ExitCode = exitCode;
    }

    /// <inheritdoc/>
    public override void EnterNestedPrompt()
    {
        if (NestedPrompt is null)
        {
            throw new HostException("There is no prompt to suspend to: this session runs a script or a command.");
        }

        NestedPrompt();
    }

    /// <inheritdoc/>
    public override void ExitNestedPrompt() => EndNestedPrompt?.Invoke();

    /// <inheritdoc/>
    public override void NotifyBeginApplication() => terminal.HideProgress();

    /// <inheritdoc/>
    public override void NotifyEndApplication()
    {
    }
}
