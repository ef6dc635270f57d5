using Npgsql;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Core.Tests.Errors;

public sealed class OutsideFailureTests
{
    public static TheoryData<Exception, ErrorCode> Failures => new()
    {
        { new UnauthorizedAccessException("Access to the path '/data' is denied."), ErrorTable.AccessDenied },
        { new DirectoryNotFoundException("no folder"), ErrorTable.FileAccessFailed },
        { new NpgsqlException("broken", new IOException("Connection reset by peer")), ErrorTable.DatabaseConnectionLost },
        { Server(PostgresErrorCodes.AdminShutdown), ErrorTable.DatabaseConnectionLost },
        { Server(PostgresErrorCodes.InsufficientPrivilege), ErrorTable.DatabasePermissionDenied },
        { Server(PostgresErrorCodes.UndefinedTable), ErrorTable.DatabaseStatementFailed },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public void What_the_machine_or_the_database_does_has_a_row_of_its_own_and_keeps_its_cause(Exception exception, ErrorCode expected)
    {
        DeployException failure = OutsideFailure.From(exception)!;

        Assert.Equal(expected, failure.Code);
        Assert.Same(exception, failure.InnerException);
        Assert.NotNull(failure.Remedy);
    }

    [Fact]
    public void A_defect_stays_one() => Assert.Null(OutsideFailure.From(new InvalidOperationException("nobody expected this")));

    private static PostgresException Server(string state) => new("it failed", "ERROR", "ERROR", state);
}
