namespace SupabaseDeploy.Host;

/// <summary>What <c>-Help</c> prints.</summary>
internal static class HelpText
{
    public const string Usage = "Usage: SupabaseDeploy.Host [-NoProfile] [-NonInteractive] [-NoLogo] [-NoExit] [-ExecutionPolicy <policy>] [-WorkingDirectory <folder>]"
        + "\n           [[-File] <script> [<arguments>] | -Command { - | <text> } | -CommandWithArgs <text> [<arguments>] | -EncodedCommand <base64>]"
        + "\n       SupabaseDeploy.Host -Version | -Help";

    public const string Full = Usage + """


        A small console host of the PowerShell engine, for machines without pwsh. It runs scripts and commands as pwsh does, with the same
        arguments and exit codes, but has the engine's own commands only (Where-Object, ForEach-Object, Import-Module, Get-Command, Out-Default …)
        and those of modules. Install PowerShell 7.6 or later for the rest: https://aka.ms/powershell

          -File <script>          Runs a script. Everything after its name goes to the script. The exit code is that of 'exit', 1 after an error
                                  that ended the script, else 0.
          -Command <text>         Runs text as commands; '-' reads them from standard input. The exit code is 1 when the last command failed.
          -NonInteractive         Never asks: a question is an error.
          -WorkingDirectory <f>   Starts in another folder.
          -NoExit                 Stays at the prompt afterwards.
        Without a script or command: a prompt.
        """;
}
