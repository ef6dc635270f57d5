using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Secrets;

/// <summary>Runs by itself, as it changes the process's environment.</summary>
[CollectionDefinition(nameof(MarkedProject), DisableParallelization = true)]
public sealed class MarkedProjectCollection : ICollectionFixture<MarkedProject>;

/// <summary>
/// Every command of the module, with secrets that are marked, and a search for them in everything that a command leaves behind: its streams
/// and objects, the screen, the ledger, files, and what other processes were given.
/// </summary>
[Collection(nameof(MarkedProject))]
public sealed class SecretsAreNeverShownTests(MarkedProject project)
{
    /// <summary>Files that are there to keep secrets.</summary>
    private static readonly string[] s_keepers =
    [
        ".supabase-deploy/secrets/", "token.txt", "supabase/.env", "keys.json", "cluster.secrets.json", "services.json",
    ];

    /// <summary>Programs that are there to use secrets, and which; <c>*</c> for whatever the caller has.</summary>
    private static readonly (string Program, string Mark)[] s_consumers =
    [
        ("pg_dump", "password"), ("pg_dumpall", "password"), ("pg_restore", "password"),
        ("publish-site", "token of the web host"), ("broken-publish-site", "token of the web host"),
        ("password-manager", ""),
        ("gotrue", "of keys.json"), ("gotrue", "of cluster.secrets.json"), ("gotrue", "secret of a sign-in"),
        ("postgrest", "of keys.json"), ("postgrest", "of cluster.secrets.json"),
    ];

    public static TheoryData<string> Commands
    {
        get
        {
            using var session = new ModuleSession();
            return [.. session.Run("(Get-Module SupabaseDeploy).ExportedCmdlets.Keys").Output.Select(name => $"{name}").Order(StringComparer.Ordinal)];
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_shows_no_secret_to_anybody(string command)
    {
        Assert.True(MarkedCalls.Of.TryGetValue(command, out MarkedCall[]? calls), $"'{command}' needs an entry in {nameof(MarkedCalls)}: how it is run with secrets.");
        project.Prepare();
        var leaks = new List<string>();
        foreach (MarkedCall call in calls)
        {
            Shown shown = Shown.By(project.Session, call.Script);
            project.LearnMarks();
            leaks.AddRange(project.Marks.In(shown.Text).Select(mark => $"{call.Script} shows the {mark}"));
            string? ended = shown.Error?.FullyQualifiedErrorId;
            Assert.True(call.Error is null ? ended is null : ended?.StartsWith(call.Error, StringComparison.Ordinal) == true, $"{call.Script} ended with '{ended}': {shown.Error} {shown.Error?.Exception}");
        }

        leaks.AddRange(project.Marks.In(await project.LedgersAsync()).Select(mark => $"{command} left the {mark} in a database"));
        leaks.AddRange(project.Files().SelectMany(file => InFile(file.Path, file.Text, file.Mode)));
        leaks.AddRange(project.Children.Take().SelectMany(InChild));
        Assert.True(leaks.Count == 0, string.Join('\n', leaks.Distinct()));
    }

    [Fact]
    public void What_is_shown_is_found_in_every_form()
    {
        project.Session.Runspace.SessionStateProxy.SetVariable("secret", project.Marks.New("control"));
        string[] ways =
        [
            "$secret", "[Uri]::EscapeDataString(\"p'$secret/\")", "[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes(\"me:$secret\"))", "$secret.ToUpperInvariant()",
            "[Convert]::ToHexString([Text.Encoding]::UTF8.GetBytes($secret))", "throw $secret", "[Exception]::new('a', [Exception]::new($secret))", "$Host.UI.WriteLine($secret)",
            "$secret.Substring(0, 20)", "Get-Environment $secret", "New-Release -Confirm:$false -WebBundle \"/tmp/$secret\"",
        ];
        Assert.All(ways, way => Assert.Equal(["control"], project.Marks.In(Shown.By(project.Session, way).Text)));
    }

    [Fact]
    public void Programs_that_use_a_secret_are_seen_with_it()
    {
        project.Prepare();
        Shown shown = Shown.By(project.Session, "Test-Environment staging; Backup-Deployment staging -Confirm:$false");
        Assert.Null(shown.Error);
        IReadOnlyList<Child> children = project.Children.Take();
        Assert.Contains(children, child => project.Children.NamesOf(child).Contains("password-manager") && project.Marks.In(child.Environment).Contains("access token"));
        Assert.Contains(children, child => project.Children.NamesOf(child).Contains("pg_dump") && project.Marks.In(child.Environment).Contains("password of the databases"));
    }

    private IEnumerable<string> InFile(string path, string text, UnixFileMode mode)
    {
        bool isKeeper = s_keepers.Any(keeper => path.Contains(keeper, StringComparison.Ordinal)) && (mode & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) == 0;
        return isKeeper ? [] : project.Marks.In(text).Select(mark => $"the file {path} ({mode}) holds the {mark}");
    }

    private IEnumerable<string> InChild(Child child) =>
    [
        .. project.Marks.In(child.Arguments).Select(mark => $"the arguments of {child} hold the {mark}"),
        .. project.Marks.In(child.Environment).Where(mark => !IsConsumer(child, mark)).Select(mark => $"the environment of {child} holds the {mark}"),
    ];

    private bool IsConsumer(Child child, string mark) =>
        s_consumers.Any(consumer => project.Children.NamesOf(child).Contains(consumer.Program) && mark.Contains(consumer.Mark, StringComparison.Ordinal));
}
