using System.Management.Automation;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.LocalStack;

public sealed class LocalStackCommandTests
{
    [Fact]
    public void A_stack_is_started_adopted_stopped_and_removed()
    {
        using var project = new StackSession();

        Assert.Equal(["local Running True", "local Running False"], project.Lines("1..2 | ForEach-Object { Start-LocalStack } | ForEach-Object { \"$($_.Environment) $($_.State) $($_.Changed)\" }"));
        Assert.Equal(["local Running", "staging Stopped"], project.Lines("Get-LocalStack * | ForEach-Object { \"$($_.Environment) $($_.State)\" }"));
        Assert.Equal(["Stopped True", "Stopped False"], project.Lines("1..2 | ForEach-Object { Stop-LocalStack } | ForEach-Object { \"$($_.State) $($_.Changed)\" }"));
        Assert.Equal(["True", "False"], project.Lines("1..2 | ForEach-Object { Stop-LocalStack -RemoveData -Confirm:$false } | ForEach-Object Changed"));
        Assert.False(Directory.Exists(Path.Combine(project.Root, ".supabase-deploy", "environments", "local")));
    }

    [Fact]
    public void A_start_gives_Flutter_the_stacks_URL_and_key_and_takes_a_choice_of_services()
    {
        using var project = new StackSession();
        string file = Path.Combine(project.Root, "env", "local.json");

        string url = Assert.Single(project.Lines("(Start-LocalStack local -Service gateway).Url.AbsoluteUri"));
        Assert.Contains($"\"SUPABASE_URL\": \"{url.TrimEnd('/')}\"", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Contains("\"SUPABASE_PUBLISHABLE_KEY\": \"sb_publishable_", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Equal(["database Running"], project.Lines("Start-LocalStack local -Service db | ForEach-Object { \"$($_.Services.Name) $($_.State)\" }"));

        Assert.Equal("ServiceUnknown", project.Run("Start-LocalStack local -Service postgrest").Error!.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(
            ["rest", "realtime"],
            project.Lines("$text = 'Start-LocalStack -Service r'; ([System.Management.Automation.CommandCompletion]::CompleteInput($text, $text.Length, $null)).CompletionMatches | ForEach-Object CompletionText"));

        File.WriteAllText(file, "not JSON");
        Assert.Equal("InvalidConfiguration", project.Run("Start-LocalStack local").Error!.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal("not JSON", File.ReadAllText(file));
        File.Delete(file);
    }

    [Fact]
    public void A_wildcard_means_the_local_stages_and_results_pipe_into_the_next_command()
    {
        using var project = new StackSession();

        Assert.Equal(
            ["local Running", "staging Running", "local Stopped", "staging Stopped"],
            project.Lines("""
                $started = Start-LocalStack * -ThrottleLimit 2
                $started | ForEach-Object { "$($_.Environment) $($_.State)" }
                $started | Get-LocalStack | Stop-LocalStack | ForEach-Object { "$($_.Environment) $($_.State)" }
                """));
    }

    [Fact]
    public void Two_projects_run_their_stacks_side_by_side()
    {
        using var first = new StackSession();
        using var second = new StackSession();

        string[] urls = [.. first.Lines("(Start-LocalStack).Url"), .. second.Lines("(Start-LocalStack).Url")];

        Assert.Equal(2, urls.Distinct().Count());
        Assert.Equal(["Stopped"], first.Lines("(Stop-LocalStack).State"));
        Assert.Equal(["Running"], second.Lines("(Get-LocalStack local).State"));

        // Other stacks may be on this machine too.
        string of = $"Where-Object {{ $_.Environment.Project.Root -in '{first.Root}', '{second.Root}' }} | ForEach-Object {{ \"$($_.Environment.Project.Root) $($_.Environment) $($_.State)\" }}";
        Assert.Equal([$"{first.Root} local Stopped", $"{first.Root} staging Stopped", $"{second.Root} local Running"], first.Lines($"Get-LocalStack | {of}"));
        Assert.Equal([$"{first.Root} local Stopped", $"{first.Root} staging Stopped"], first.Lines($"Get-LocalStack -Project . | {of}"));
        Assert.Equal(["Stopped"], second.Lines($"Get-LocalStack | Where-Object {{ $_.Environment.Project.Root -eq '{second.Root}' -and $_.Environment.Name -eq 'local' }} | Stop-LocalStack | ForEach-Object State"));
        Assert.Equal(["True"], first.Lines("Stop-LocalStack -RemoveData -Confirm:$false | ForEach-Object Changed"));
        Assert.Equal([$"{second.Root} local Stopped", $"{second.Root} staging Stopped"], second.Lines($"Get-LocalStack | {of}"));
    }

    [Fact]
    public void A_project_of_the_Supabase_CLI_needs_no_pipeline()
    {
        using var folder = new TemporaryFolder();
        folder.Write("supabase/migrations/001_first.sql", "create table public.courses (id int);\n");
        using var session = new ModuleSession(Path.Combine(folder.Path, "supabase"));
        try
        {
            SessionResult result = session.Run("Start-LocalStack -Service db | Invoke-Migration | ForEach-Object { \"$($_.Environment) $($_.Applied.Count)\" }");

            Assert.Null(result.Error);
            Assert.Equal("local 1", $"{Assert.Single(result.Output)}");
            Assert.False(Directory.Exists(Path.Combine(folder.Path, "env")));
        }
        finally
        {
            session.Run("Stop-LocalStack -RemoveData -Confirm:$false");
        }
    }

    [Fact]
    public void Outside_of_a_project_the_stacks_of_all_projects_are_listed()
    {
        using var project = new StackSession();
        using var folder = new TemporaryFolder();
        using var elsewhere = new ModuleSession(folder.Path);
        project.Lines("Start-LocalStack local -Service db");

        SessionResult listed = elsewhere.Run($"Get-LocalStack | Where-Object {{ $_.Environment.Project.Root -eq '{project.Root}' }} | ForEach-Object {{ \"$($_.Environment) $($_.State)\" }}");

        Assert.Null(listed.Error);
        Assert.Equal("local Running", $"{Assert.Single(listed.Output)}");
    }

    [Fact]
    public void WhatIf_changes_nothing()
    {
        using var project = new StackSession();

        Assert.Empty(project.Lines("Start-LocalStack * -WhatIf"));
        Assert.False(Directory.Exists(Path.Combine(project.Root, ".supabase-deploy")));

        Assert.Equal(["Running"], project.Lines("Start-LocalStack | ForEach-Object State"));
        Assert.Empty(project.Lines("Stop-LocalStack -WhatIf; Stop-LocalStack -RemoveData -WhatIf"));
        Assert.Equal(["Running"], project.Lines("Get-LocalStack local | ForEach-Object State"));
    }

    [Fact]
    public void Removing_data_is_a_question_and_a_plain_stop_is_none()
    {
        using var project = new StackSession();
        Assert.Equal(["Running"], project.Lines("Start-LocalStack | ForEach-Object State"));

        // This session's host cannot ask, so a question is an error.
        SessionResult asked = project.Run("Stop-LocalStack -RemoveData");
        Assert.NotNull(asked.Error);
        Assert.Equal(["Running"], project.Lines("Get-LocalStack local | ForEach-Object State"));
        Assert.NotNull(project.Run("Stop-LocalStack -Confirm").Error);
        Assert.Equal(["Stopped"], project.Lines("Stop-LocalStack | ForEach-Object State"));
    }

    [Fact]
    public void An_unknown_name_is_refused()
    {
        using var project = new StackSession();

        SessionResult result = project.Run("Start-LocalStack nowhere");

        Assert.Equal("EnvironmentNotFound", result.Error!.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("nowhere", result.Error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stage_of_another_target_has_no_local_stack()
    {
        using var project = new StackSession();
        project.Run("[Environment]::SetEnvironmentVariable('LOCAL_STACK_TESTS_DATABASE', 'postgresql://postgres@db.example/postgres')");
        string pipeline = Path.Combine(project.Root, "env", "pipeline.yml");
        File.WriteAllText(pipeline, File.ReadAllText(pipeline).Replace("secret:LOCAL_STACK_TESTS_NEVER_SET_THIS", "LOCAL_STACK_TESTS_DATABASE", StringComparison.Ordinal));

        foreach (string command in (string[])["Start-LocalStack production", "Stop-LocalStack production", "Get-LocalStack production"])
        {
            SessionResult result = project.Run(command);
            Assert.Equal("NotALocalEnvironment", result.Error!.FullyQualifiedErrorId.Split(',')[0]);
            Assert.Equal("Environment 'production' has no local stack: its target is 'docker', not 'local'.", result.Error.Exception.Message);
        }
    }

    [Fact]
    public async Task Stopping_the_pipeline_during_a_start_leaves_nothing_running()
    {
        using var project = new StackSession();
        Assert.Equal(["Stopped"], project.Lines("Start-LocalStack | Stop-LocalStack | ForEach-Object State"));
        string gatewayLock = Path.Combine(project.Root, ".supabase-deploy", "environments", "local", "gateway.json.lock");
        File.Delete(gatewayLock);

        using (PowerShell shell = PowerShell.Create(project.Session.Runspace))
        {
            shell.AddScript("Start-LocalStack");
            IAsyncResult start = shell.BeginInvoke();
            await Wait.UntilAsync(() => start.IsCompleted || File.Exists(gatewayLock));
            shell.Stop();
            Assert.Equal(PSInvocationState.Stopped, shell.InvocationStateInfo.State);
        }

        Assert.Equal(["Stopped"], project.Lines("Get-LocalStack local | ForEach-Object State"));
    }

    [Fact]
    public void The_tables_show_where_everything_is_and_no_password()
    {
        using var project = new StackSession();

        Assert.Equal(["Running"], project.Lines("(Start-LocalStack).State"));
        string[] stack = project.Session.Show("Get-LocalStack *").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string services = project.Session.Show("(Get-LocalStack local).Services");

        Assert.Equal($"   Project: {project.Root}", stack[0].TrimEnd());
        Assert.Equal("Environment    State    Engine      Services               Url                      Database", stack[1].TrimEnd());
        Assert.Matches(@"^local          Running  Embedded    database gateway       http://127\.0\.0\.1:\d+/  postgres@127\.0\.0\.1:\d+/postgres\s*$", stack[3]);
        Assert.Matches(@"^\s*Service\s+State\s+Port\s+Process\s+Version\s+Memory\s+Restarts\s+Uptime\s+LastFailure", services);
        Assert.Matches(@"Services\s+: \{database on port \d+, gateway on port \d+\}", project.Session.Show("Get-Environment local; Get-LocalStack local"));
        Assert.Matches(@"\ngateway\s+Healthy\s+\d+\s+\d+\s+[\d.]+\s+\d+ MB\s+0\s+0\.\d\d:\d\d:\d\d", services);
    }

    [Fact]
    public void An_engine_can_be_asked_for_and_is_said_with_its_reason()
    {
        using var project = new StackSession();

        Assert.Equal(
            [
                "Local stack 'local' runs with engine 'Embedded': it was asked for.",
                "'env/local.json' has the stack's SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY now.",
                "Embedded it was asked for",
            ],
            project.Lines("Start-LocalStack -Engine Embedded -InformationAction Continue 6>&1 | ForEach-Object { if ($_.Engine) { \"$($_.Engine) $($_.EngineReason)\" } else { \"$_\" } }"));
        SessionResult other = project.Run("Start-LocalStack -Engine SupabaseCli");
        Assert.Equal("EngineMismatch", other.Error!.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal("Local stack 'local' runs with engine 'Embedded', and 'SupabaseCli' was asked for.", other.Error.Exception.Message);
        Assert.Equal(["Embedded"], project.Lines("([System.Management.Automation.CommandCompletion]::CompleteInput('Start-LocalStack -Engine Em', 27, $null)).CompletionMatches | ForEach-Object CompletionText"));
    }

    [Fact]
    public void Names_complete()
    {
        using var project = new StackSession();

        Assert.Equal(
            ["staging"],
            project.Lines("([System.Management.Automation.CommandCompletion]::CompleteInput('Start-LocalStack st', 19, $null)).CompletionMatches | ForEach-Object CompletionText"));
    }
}
