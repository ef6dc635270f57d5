using SupabaseDeploy.FlutterApps;

namespace SupabaseDeploy.Core.Tests.FlutterApps;

public sealed class FlutterProtocolTests
{
    [Theory]
    [InlineData("Launching lib/main.dart on Chrome in debug mode...")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("[{}]")]
    [InlineData("[{},{}]")]
    [InlineData("[{\"event\":\"app.started\",\"params\":")]
    [InlineData("[{\"event\":\"app.started\"}]")]
    [InlineData("[{\"event\":\"app.started\",\"params\":[]}]")]
    [InlineData("[{\"event\":\"app.started\",\"params\":{\"appId\":null}}]")]
    [InlineData("{\"event\":\"app.started\",\"params\":{\"appId\":\"a\"}}")]
    [InlineData("[{\"id\":\"one\",\"result\":{}}]")]
    [InlineData("[{\"id\":99999999999,\"result\":{}}]")]
    [InlineData("[{ not json }]")]
    public void What_is_no_message_is_passed_over(string line) => Assert.Null(FlutterProtocol.Parse(line));

    [Fact]
    public void Messages_are_read()
    {
        Assert.Equal(new AppStarting("a", "chrome"), FlutterProtocol.Parse("""  [{"event":"app.start","params":{"appId":"a","deviceId":"chrome","directory":"/x","launchMode":"run"}}]  """));
        Assert.Equal(new AppDebugPort("ws://x"), FlutterProtocol.Parse("""[{"event":"app.debugPort","params":{"appId":"a","port":1,"wsUri":"ws://x"}}]"""));
        Assert.Equal(new AppWebAddress("http://x"), FlutterProtocol.Parse("""[{"event":"app.webLaunchUrl","params":{"url":"http://x","launched":true}}]"""));
        Assert.Equal(new AppStarted("a"), FlutterProtocol.Parse("""[{"event":"app.started","params":{"appId":"a"}}]"""));
        Assert.Equal(new LogText("hi", LogLevel.Information, IsOfApp: true), FlutterProtocol.Parse("""[{"event":"app.log","params":{"appId":"a","log":"hi"}}]"""));
        Assert.Equal(new LogText("hi", LogLevel.Error, IsOfApp: true), FlutterProtocol.Parse("""[{"event":"app.log","params":{"appId":"a","log":"hi","error":true}}]"""));
        Assert.Equal(new LogText("hi", LogLevel.Warning, IsOfApp: false), FlutterProtocol.Parse("""[{"event":"daemon.logMessage","params":{"level":"warning","message":"hi"}}]"""));
        Assert.Equal(new OperationProgress("7", "Compiling", IsFinished: false), FlutterProtocol.Parse("""[{"event":"app.progress","params":{"appId":"a","id":7,"message":"Compiling"}}]"""));
        Assert.Equal(new OperationProgress("7", null, IsFinished: true), FlutterProtocol.Parse("""[{"event":"app.progress","params":{"appId":"a","id":"7","finished":true}}]"""));
        Assert.Equal(new AppStopped("no"), FlutterProtocol.Parse("""[{"event":"app.stop","params":{"appId":"a","error":"no"}}]"""));
        Assert.Equal(new AppStopped(null), FlutterProtocol.Parse("""[{"event":"app.stop"}]"""));
        Assert.Equal(new OtherMessage("device.added"), FlutterProtocol.Parse("""[{"event":"device.added","params":{}}]"""));
    }

    [Fact]
    public void Answers_have_the_id_of_their_request_and_say_how_it_went()
    {
        Assert.Equal(new FlutterAnswer(3, 0, "Reloaded"), FlutterProtocol.Parse("""[{"id":3,"result":{"code":0,"message":"Reloaded"}}]"""));
        Assert.Equal(new FlutterAnswer(3, 1, "rejected"), FlutterProtocol.Parse("""[{"id":3,"result":{"code":1,"message":"rejected"}}]"""));
        Assert.Equal(new FlutterAnswer(3, 1, "app 'a' not found"), FlutterProtocol.Parse("""[{"id":3,"error":"app 'a' not found","trace":"#0"}]"""));
        Assert.Equal(new FlutterAnswer(3, 0, ""), FlutterProtocol.Parse("""[{"id":3,"result":true}]"""));
        Assert.Equal(new FlutterAnswer(3, 1, ""), FlutterProtocol.Parse("""[{"id":3,"result":false}]"""));
        Assert.Equal(new FlutterAnswer(3, 0, ""), FlutterProtocol.Parse("""[{"id":3}]"""));
    }

    [Fact]
    public void Requests_are_one_line_each()
    {
        Assert.Equal(
            """[{"id":1,"method":"app.restart","params":{"appId":"a","fullRestart":false,"pause":false,"reason":"save","debounce":true}}]""",
            FlutterProtocol.Restart(1, "a", isFull: false, "save"));
        Assert.Equal(
            """[{"id":2,"method":"app.restart","params":{"appId":"a","fullRestart":true,"pause":false,"reason":"manual","debounce":false}}]""",
            FlutterProtocol.Restart(2, "a", isFull: true, "manual"));
        Assert.Equal("""[{"id":3,"method":"app.stop","params":{"appId":"a"}}]""", FlutterProtocol.Stop(3, "a"));
        Assert.Equal("""[{"id":4,"method":"daemon.shutdown","params":{}}]""", FlutterProtocol.Shutdown(4));
    }

    [Fact]
    public void Errors_of_the_compiler_are_found_in_its_text()
    {
        const string Text = "lib/main.dart:3:7: Error: Expected ';' after this.\n  int x\n      ^\n/a b/lib/c.dart:10:1: Error: Undefined name 'y'.\nlib/d.dart:1:1: Warning: no error";

        Assert.Equal(
            [new CompileError("lib/main.dart", 3, 7, "Expected ';' after this."), new CompileError("/a b/lib/c.dart", 10, 1, "Undefined name 'y'.")],
            CompileError.Find(Text));
    }

    [Fact]
    public async Task A_line_that_is_longer_than_any_message_is_passed_over()
    {
        using var text = new StringReader($"one\r\n{new string('x', 20_000)}\ntwo\n{new string('y', 15)}\n{new string('z', 16)}\nend");

        Assert.Equal(["one", "two", new string('y', 15), "end"], await new ProtocolLines(text, limit: 15).ReadAsync(default).ToListAsync());
    }
}
