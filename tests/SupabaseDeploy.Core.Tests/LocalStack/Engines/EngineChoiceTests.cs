using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class EngineChoiceTests
{
    [Fact]
    public async Task Without_a_word_the_embedded_engine_is_taken()
    {
        await using var project = new StackProject();

        Assert.Equal((LocalStackEngine.Embedded, "it needs nothing but programs of this machine"), await ChooseAsync(project.Environment(), LocalStackEngine.Auto));
    }

    [Fact]
    public async Task What_was_asked_for_goes_before_the_pipeline_and_the_pipeline_before_the_last_start()
    {
        await using var project = new StackProject();
        DeploymentEnvironment environment = project.Environment();
        await WriteAsync(project, LocalStackEngine.Embedded);
        DeploymentEnvironment named = environment with { Engine = LocalStackEngine.SupabaseCli };

        Assert.Equal((LocalStackEngine.Embedded, "the stack was started with it before"), await ChooseAsync(environment, LocalStackEngine.Auto));
        Assert.Equal((LocalStackEngine.SupabaseCli, "env/pipeline.yml names it"), await ChooseAsync(named, LocalStackEngine.Auto));
        Assert.Equal((LocalStackEngine.Embedded, "it was asked for"), await ChooseAsync(named, LocalStackEngine.Embedded));
    }

    [Fact]
    public async Task A_stack_that_runs_keeps_its_engine_and_another_one_is_refused()
    {
        await using var project = new StackProject();
        DeploymentEnvironment environment = project.Environment();
        LocalStackInfo started = await project.StartAsync(environment);

        LocalStackInfo adopted = await project.StartAsync(environment with { Engine = LocalStackEngine.Docker });
        var error = await Assert.ThrowsAsync<DeployException>(() => ChooseAsync(environment, LocalStackEngine.Docker));

        Assert.Equal((LocalStackEngine.Embedded, LocalStackEngine.Embedded, "the stack runs with it"), (started.Engine, adopted.Engine, adopted.EngineReason));
        Assert.Equal(ErrorTable.EngineMismatch, error.Code);
        Assert.Equal("Local stack 'local' runs with engine 'Embedded', and 'Docker' was asked for.", error.Message);
        Assert.StartsWith("Run 'Stop-LocalStack local', then 'Start-LocalStack local -Engine Docker'", error.Remedy, StringComparison.Ordinal);
    }

    private static async Task<(LocalStackEngine, string)> ChooseAsync(DeploymentEnvironment environment, LocalStackEngine asked)
    {
        EngineChoice choice = await EngineChoice.MakeAsync(asked, new EngineContext { Environment = environment }, CancellationToken.None);
        return (choice.Engine, choice.Reason);
    }

    private static Task WriteAsync(StackProject project, LocalStackEngine engine) =>
        (StackRecord.Empty("local") with { Engine = engine }).WriteAsync(StackFolder.Of(project.Environment()).StackFile, CancellationToken.None);
}
