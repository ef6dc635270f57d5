using SupabaseDeploy.Help;

if (args is not [var pagesFolder, var binFolder])
{
    Console.Error.WriteLine("usage: SupabaseDeploy.Help <docs/en-US> <module/bin>");
    return 64;
}

HelpPage[] pages = [.. Directory.GetFiles(pagesFolder, "*-*.md").Order(StringComparer.Ordinal).Select(HelpPage.Read)];
var help = MamlWriter.Document(pages);

// PowerShell looks beside the assembly that holds the commands: in bin, and in bin/<platform> for the precompiled ones.
foreach (string shell in Directory.GetFiles(binFolder, "SupabaseDeploy.dll", SearchOption.AllDirectories))
{
    string folder = Path.Combine(Path.GetDirectoryName(shell)!, "en-US");
    Directory.CreateDirectory(folder);
    help.Save(Path.Combine(folder, "SupabaseDeploy.dll-Help.xml"));
}

Console.WriteLine($"Help for {pages.Length} commands.");
return 0;
