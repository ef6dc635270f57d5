using System.Collections;
using System.Diagnostics;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class DetachedProgramTests
{
    private static readonly DetachedProgram s_program = GatewayProgram.For(
        "/usr/share/dotnet/dotnet", "/module/bin/gateway/SupabaseDeploy.Gateway.dll", new StackFolder("/a project/.supabase-deploy/environments/local"), "local", 21000);

    [Fact]
    public void The_gateway_is_started_with_every_option_it_needs()
    {
        Assert.Equal("/usr/share/dotnet/dotnet", s_program.FileName);
        Assert.Equal(
            [
                "/module/bin/gateway/SupabaseDeploy.Gateway.dll",
                "--web-root", "/a project/.supabase-deploy/environments/local/web",
                "--port", "21000",
                "--environment", "local",
                "--state", "/a project/.supabase-deploy/environments/local/gateway.json",
                "--log", "/a project/.supabase-deploy/environments/local/log/gateway.log",
                "--plan", "/a project/.supabase-deploy/environments/local/services.json",
            ],
            s_program.Arguments);
    }

    [Fact]
    public void A_shell_lets_go_of_our_streams_and_descriptors_and_becomes_the_program()
    {
        ProcessStartInfo start = s_program.ToStartInfo(isWindows: false, new Hashtable { ["PATH"] = "/bin", ["DATABASE_URL"] = "postgresql://u:secret@h/d" });

        Assert.Equal("/bin/sh", start.FileName);
        Assert.Equal(
            [
                "-c",
                """log=$1; shift; exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec "$@" </dev/null >"$log" 2>&1""",
                "sh",
                "/a project/.supabase-deploy/environments/local/log/gateway.start.log",
                "/usr/share/dotnet/dotnet",
                .. s_program.Arguments,
            ],
            start.ArgumentList);
        Assert.Equal(["PATH"], start.Environment.Keys);
        Assert.Equal("/a project/.supabase-deploy/environments/local", start.WorkingDirectory);
    }

    [Fact]
    public void Windows_needs_no_shell()
    {
        ProcessStartInfo start = s_program.ToStartInfo(isWindows: true, new Hashtable());

        Assert.Equal("/usr/share/dotnet/dotnet", start.FileName);
        Assert.Equal(s_program.Arguments, start.ArgumentList);
    }
}
