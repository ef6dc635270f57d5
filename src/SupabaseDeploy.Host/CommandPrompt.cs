using System.Management.Automation;
using SupabaseDeploy.Host.Engine;

namespace SupabaseDeploy.Host;

/// <summary>Reads commands and runs them until <c>exit</c>: at a terminal with history and completion, else from standard input.</summary>
internal sealed class CommandPrompt
{
    private readonly List<string> _history = [];
    private readonly EngineSession _session;
    private readonly ThisHost _host;
    private bool _leaveNested;

    public CommandPrompt(EngineSession session, ThisHost host)
    {
        _session = session;
        _host = host;
        host.NestedPrompt = () => Loop(nested: true);
        host.EndNestedPrompt = () => _leaveNested = true;
    }

    public void Run(bool greet)
    {
        if (greet && _host.Terminal.CanAsk)
        {
            _host.Terminal.WriteLine($"SupabaseDeploy.Host {ThisHost.HostVersion}: a small PowerShell. 'Import-Module SupabaseDeploy' to begin, 'exit' to leave.");
        }

        Loop(nested: false);
    }

    private void Loop(bool nested)
    {
        string block = "";
        while (!_host.ShouldExit && !_leaveNested && !_session.IsEnding)
        {
            string? line = ReadLine(block.Length > 0 ? ">> " : null, nested);
            if (line is null && Console.IsInputRedirected)
            {
                break;
            }

            if (line is null)
            {
                block = "";
                continue;
            }

            // An empty line ends a block, whether or not it is complete.
            bool mayContinue = block.Length == 0 || line.Length > 0;
            string text = block.Length > 0 ? $"{block}\n{line}" : line;
            block = string.IsNullOrWhiteSpace(text) || _session.RunLine(text, nested, mayContinue) ? "" : text;
        }

        _leaveNested = false;
    }

    private string? ReadLine(string? continuation, bool nested)
    {
        if (!_host.Terminal.CanAsk)
        {
            return _host.Terminal.ReadInputLine();
        }

        string? line = _host.Terminal.Editor(_history, Complete).Read(continuation ?? _session.Prompt(nested));
        if (!string.IsNullOrWhiteSpace(line) && _history.LastOrDefault() != line)
        {
            _history.Add(line);
        }

        return line;
    }

    private static (string Text, int Cursor)? Complete(string text, int cursor)
    {
        using PowerShell shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        CommandCompletion completion = CommandCompletion.CompleteInput(text, cursor, [], shell);
        if (completion.CompletionMatches.Count == 0)
        {
            return null;
        }

        // Of several, what they have in common.
        string common = completion.CompletionMatches.Select(match => match.CompletionText).Aggregate(CommonStart);
        string typed = text.Substring(completion.ReplacementIndex, completion.ReplacementLength);
        return common.Length < typed.Length
            ? null
            : (text.Remove(completion.ReplacementIndex, completion.ReplacementLength).Insert(completion.ReplacementIndex, common), completion.ReplacementIndex + common.Length);
    }

    private static string CommonStart(string first, string second)
    {
        int length = first.Zip(second).TakeWhile(pair => char.ToUpperInvariant(pair.First) == char.ToUpperInvariant(pair.Second)).Count();
        return first[..length];
    }
}
