using System.Collections.Concurrent;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Postgres;

/// <summary>
/// Where a database is and who signs in. Made from a PostgreSQL URL
/// (<see href="https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS"/>); its text never holds the password.
/// </summary>
public sealed record DatabaseAddress
{
    private static readonly ConcurrentDictionary<string, NpgsqlDataSource> s_sources = new(StringComparer.Ordinal);

    /// <summary>Host name or address.</summary>
    public required string Host { get; init; }

    /// <summary>TCP port.</summary>
    public int Port { get; init; } = 5432;

    /// <summary>Database name.</summary>
    public required string Database { get; init; }

    /// <summary>Role that signs in.</summary>
    public required string User { get; init; }

    /// <summary>Its password; null when none is needed.</summary>
    public Secret? Password { get; init; }

    /// <summary>libpq's <c>sslmode</c>; null for the driver's default.</summary>
    public string? SslMode { get; init; }

    /// <summary>The value of <see cref="RootCertificate"/> for the system's store.</summary>
    public const string SystemCertificates = "system";

    /// <summary>
    /// libpq's <c>sslrootcert</c>: file of the certificate authority that the server's certificate is verified with, or
    /// <see cref="SystemCertificates"/>; null for where the driver and libpq look by themselves.
    /// </summary>
    public string? RootCertificate { get; init; }

    /// <summary>The role that a session takes on after signing in, as roles for one session only have nothing of their own; null for that of <see cref="User"/>.</summary>
    public string? Role { get; init; }

    /// <summary>Gives the sign-in of now where a place makes one for a short time only; null where <see cref="User"/> and <see cref="Password"/> last.</summary>
    public ITemporarySignIn? SignIn { get; init; }

    /// <summary>
    /// How long a new connection may take. The driver hears a cancelled token only after this time when a server accepts the connection
    /// and then says nothing (it is frozen, or is not PostgreSQL).
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Parses <c>postgresql://user:password@host:port/database?sslmode=…</c>.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.InvalidDatabaseUrl"/>; the message never shows the URL.</exception>
    public static DatabaseAddress Parse(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("postgres" or "postgresql"))
        {
            throw Invalid("it is not of the form 'postgresql://user@host:port/database'");
        }

        if (uri.Host.Length == 0)
        {
            throw Invalid("it names no host");
        }

        string[] userInfo = uri.UserInfo.Split(':', 2);
        if (userInfo[0].Length == 0)
        {
            throw Invalid("it names no user");
        }

        string database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/'));
        string user = Uri.UnescapeDataString(userInfo[0]);
        return new DatabaseAddress
        {
            Host = uri.Host.Trim('[', ']'),
            Port = uri.Port > 0 ? uri.Port : 5432,
            Database = database.Length > 0 ? database : user,
            User = user,
            Password = userInfo.Length > 1 ? new Secret(Uri.UnescapeDataString(userInfo[1])) : null,
            SslMode = QueryValue(uri, "sslmode"),
            RootCertificate = QueryValue(uri, "sslrootcert"),
        };
    }

    /// <summary>The connection string for Npgsql. Holds the password: never log it.</summary>
    /// <param name="applicationName">Shown in <c>pg_stat_activity</c>.</param>
    public string ToConnectionString(string applicationName = "supabase-deploy")
    {
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = Host,
            Port = Port,
            Database = Database,
            Username = User,
            Password = Password?.Reveal(),
            ApplicationName = applicationName,
            Pooling = false,
            IncludeErrorDetail = true,
            IncludeFailedBatchedCommand = true,
            Timeout = Math.Max(1, (int)Math.Ceiling(ConnectTimeout.TotalSeconds)),
            // Long migrations and dumps are bounded by their own tokens and timeouts, not by the driver.
            CommandTimeout = 0,
            // A lock and a long dump sit idle behind firewalls that forget silent connections.
            KeepAlive = 30,
            TcpKeepAlive = true,
        };
        if (SslMode is not null)
        {
            builder["SSL Mode"] = SslMode.Replace("-", "", StringComparison.Ordinal);
        }

        if (RootCertificate is not (null or SystemCertificates))
        {
            builder.RootCertificate = RootCertificate;
        }

        return builder.ConnectionString;
    }

    /// <summary>Opens a connection of its own (no pool). A sign-in for a short time that the server refuses is renewed once.</summary>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken, string applicationName = "supabase-deploy")
    {
        DatabaseAddress now = await CurrentAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await now.ConnectAsync(applicationName, cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException e) when (SignIn is not null && IsSignInRefused(e))
        {
            DatabaseAddress renewed = WithSignIn(await SignIn.RenewAsync(now, cancellationToken).ConfigureAwait(false));
            return await renewed.ConnectAsync(applicationName, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>This address with the sign-in of now, for programs that connect by themselves.</summary>
    public async ValueTask<DatabaseAddress> CurrentAsync(CancellationToken cancellationToken) =>
        SignIn is null ? this : WithSignIn(await SignIn.GetAsync(cancellationToken).ConfigureAwait(false));

    private DatabaseAddress WithSignIn(DatabaseAddress given) => this with { Host = given.Host, Port = given.Port, User = given.User, Password = given.Password };

    // Class 28, invalid authorization: expired, replaced by another process, or not let in.
    private static bool IsSignInRefused(DeployException failure) => failure.InnerException is PostgresException { SqlState: ['2', '8', ..] };

    private async Task<NpgsqlConnection> ConnectAsync(string applicationName, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = Source(ToConnectionString(applicationName)).CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            await TakeOnRoleAsync(connection, cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e) when (e is NpgsqlException or System.Net.Sockets.SocketException or TimeoutException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw CannotConnect(e);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // As Npgsql keeps them itself for a connection string, but without asking each server for its types: that takes as long as the rest of connecting,
    // and nothing of ours reads a type that PostgreSQL does not come with.
    private static NpgsqlDataSource Source(string connectionString) => s_sources.GetOrAdd(connectionString, static text =>
        new NpgsqlDataSourceBuilder(text).ConfigureTypeLoading(types => types.EnableTypeLoading(false)).Build());

    /// <summary>By a statement: poolers drop the startup parameter, and RESET ALL leaves a role as it is.</summary>
    private async Task TakeOnRoleAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (Role is null)
        {
            return;
        }

        using var command = new NpgsqlCommand($"set role {Queries.Quote(Role)}", connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The error for a connection that could not be made.</summary>
    internal DeployException CannotConnect(Exception cause)
    {
        string? state = (cause as PostgresException)?.SqlState;
        bool isRefused = state is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification;
        return new DeployException(
            isRefused ? ErrorTable.DatabaseAuthenticationFailed : ErrorTable.DatabaseUnreachable,
            $"Cannot connect to database '{this}': {cause.GetBaseException().Message}",
            state switch
            {
                _ when isRefused => "Check the user and the password in the database URL.",
                PostgresErrorCodes.TooManyConnections => "Wait until sessions have ended, or give a smaller -ThrottleLimit: each database takes two connections.",
                _ => "Check that the server runs and that host and port are right.",
            },
            this,
            cause);
    }

    /// <summary><c>user@host:port/database</c>; never the password.</summary>
    public override string ToString() => $"{User}@{Host}:{Port}/{Database}";

    private static string? QueryValue(Uri uri, string name) =>
        uri.Query.TrimStart('?').Split('&')
            .Select(pair => pair.Split('=', 2))
            .Where(pair => pair.Length == 2 && pair[0] == name)
            .Select(pair => Uri.UnescapeDataString(pair[1]))
            .FirstOrDefault();

    private static DeployException Invalid(string why) => new(
        ErrorTable.InvalidDatabaseUrl,
        $"The database URL cannot be used: {why}.",
        "Give a URL like 'postgresql://user:password@host:5432/database'; special characters in the password are percent-encoded.");
}
