using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace SupabaseDeploy.Host.Terminal;

/// <summary>Questions: asked on a terminal, refused where nobody could answer.</summary>
internal sealed partial class TerminalInterface
{
    private const string GiveTheValue = "Give the value as a parameter.";
    private readonly bool _nonInteractive;
    private readonly CancellationTokenSource _abandoned = new();
    private readonly KeyReader _keys;
    private readonly InputReader _input;

    /// <summary>True where a person can answer.</summary>
    public bool CanAsk => !_nonInteractive && !Console.IsInputRedirected;

    /// <summary>Ends the wait for any answer: the session is ending.</summary>
    public void AbandonQuestions()
    {
        try
        {
            _abandoned.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The session ended by itself in the moment the signal came: nobody waits for an answer.
        }
    }

    /// <summary>A line editor for the prompt.</summary>
    public LineEditor Editor(IReadOnlyList<string> history, Func<string, int, (string Text, int Cursor)?> complete) =>
        new(_keys, Console.Out, WindowWidth) { History = history, Complete = complete };

    /// <inheritdoc/>
    public override string ReadLine()
    {
        if (_nonInteractive)
        {
            throw CannotAsk("a line of input", GiveTheValue);
        }

        return Console.IsInputRedirected ? ReadInputLine() ?? "" : ReadAnswer("");
    }

    /// <summary>A line of redirected standard input; null at its end, or when the session is ending.</summary>
    public string? ReadInputLine() => _input.ReadLine();

    /// <inheritdoc/>
    public override SecureString ReadLineAsSecureString()
    {
        EnsureCanAsk("a secret");
        return Secure(ReadAnswer("", masked: true));
    }

    /// <inheritdoc/>
    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        EnsureCanAsk(string.Join(", ", descriptions.Select(field => field.Name)));
        Introduce(caption, message);
        var answers = new Dictionary<string, PSObject>();
        foreach (FieldDescription field in descriptions)
        {
            answers[field.Name] = Ask(field);
        }

        return answers;
    }

    /// <inheritdoc/>
    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        EnsureCanAsk(
            string.IsNullOrWhiteSpace(message) ? caption : message.ReplaceLineEndings(" "),
            "Add -Confirm:$false to go ahead without being asked.");
        Introduce(caption, message);
        var labels = choices.Select(ChoiceLabel.From).ToList();
        string question = string.Join("  ", labels.Select(label => label.ToString()).Append("[?] Help"))
            + (defaultChoice >= 0 ? $" (default is \"{labels[defaultChoice].Short}\"): " : ": ");
        while (true)
        {
            string answer = ReadAnswer(question).Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            if (answer == "?")
            {
                Explain(choices, labels);
                continue;
            }

            int chosen = labels.FindIndex(label => label.IsMeantBy(answer));
            if (chosen >= 0)
            {
                return chosen;
            }
        }
    }

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        PromptForCredential(caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options)
    {
        EnsureCanAsk(string.IsNullOrWhiteSpace(message) ? "a user name and password" : message);
        Introduce(caption, message);
        string name = string.IsNullOrEmpty(userName) ? ReadAnswer("User: ") : userName;
        return new PSCredential(name, Secure(ReadAnswer($"Password for user {name}: ", masked: true)));
    }

    private HostException CannotAsk(string question, string remedy) =>
        new($"Cannot ask '{question}': {(_nonInteractive ? "the session is not interactive" : "there is no terminal to ask on")}. {remedy}");

    private static SecureString Secure(string text)
    {
        var secure = new SecureString();
        foreach (char character in text)
        {
            secure.AppendChar(character);
        }

        secure.MakeReadOnly();
        return secure;
    }

    private void EnsureCanAsk(string question, string remedy = GiveTheValue)
    {
        if (!CanAsk)
        {
            throw CannotAsk(question, remedy);
        }
    }

    private int WindowWidth() => _raw.WindowSize.Width;

    private void Introduce(string caption, string message)
    {
        if (!string.IsNullOrEmpty(caption))
        {
            WriteLine();
            WriteLine(caption);
        }

        if (!string.IsNullOrEmpty(message))
        {
            WriteLine(message);
        }
    }

    private void Explain(Collection<ChoiceDescription> choices, List<ChoiceLabel> labels)
    {
        foreach ((ChoiceDescription choice, ChoiceLabel label) in choices.Zip(labels))
        {
            WriteLine($"{label.Short} - {choice.HelpMessage}");
        }
    }

    private PSObject Ask(FieldDescription field)
    {
        Type type = Type.GetType(field.ParameterAssemblyFullName) ?? typeof(string);
        if (type == typeof(SecureString))
        {
            return PSObject.AsPSObject(Secure(ReadAnswer($"{field.Name}: ", masked: true)));
        }

        if (type == typeof(PSCredential))
        {
            return PSObject.AsPSObject(PromptForCredential("", "", "", field.Name));
        }

        if (!type.IsArray)
        {
            return PSObject.AsPSObject(LanguagePrimitives.ConvertTo(ReadAnswer($"{field.Name}: "), type, System.Globalization.CultureInfo.InvariantCulture));
        }

        var values = new List<string>();
        while (ReadAnswer($"{field.Name}[{values.Count}]: ") is { Length: > 0 } value)
        {
            values.Add(value);
        }

        return PSObject.AsPSObject(LanguagePrimitives.ConvertTo(values, type, System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>An answer typed at the terminal; Ctrl+C stops the command that asks.</summary>
    private string ReadAnswer(string question, bool masked = false)
    {
        HideProgress();
        return new LineEditor(_keys, Console.Out, WindowWidth).Read(question, masked) ?? throw new PipelineStoppedException();
    }
}
