using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>
/// Finds a way to a project's database that holds a session: the declared URL, the direct host, the pooler in session mode. Without a declared
/// password it signs in with a role that the Management API makes for a short time.
/// </summary>
/// <param name="environment">The environment.</param>
/// <param name="api">The project's Management API.</param>
/// <param name="time">The clock.</param>
/// <param name="directPort">The port of the direct host.</param>
internal sealed class CloudDatabase(DeploymentEnvironment environment, ManagementApi api, TimeProvider time, int directPort = 5432) : ITemporarySignIn
{
    private const int TransactionPort = 6543;
    private const int SessionPort = 5432;
    private const string OwningRole = "postgres";

    // A role that is about to end would end in the middle of a migration.
    private static readonly TimeSpan s_leastLife = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim _one = new(1, 1);
    private CloudProject? _project;
    private ConnectionAttempt? _open;
    private DateTimeOffset _openUntil;
    private string? _whyNoPooler;

    /// <summary>What was tried to find the way, in order; empty before.</summary>
    public IReadOnlyList<ConnectionAttempt> Attempts { get; private set; } = [];

    /// <summary>The database, by the first way that works.</summary>
    /// <exception cref="DeployException">
    /// <see cref="ErrorTable.CloudDatabaseUnreachable"/> with what failed on each way, or <see cref="ErrorTable.TransactionPooler"/> for a
    /// declared URL that cannot be used.
    /// </exception>
    public async Task<DatabaseAddress> FindAsync(CloudProject project, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _project = project;
            if (_open is null || time.GetUtcNow() >= _openUntil)
            {
                _open = await SearchAsync(project, cancellationToken).ConfigureAwait(false);
            }

            return _open.Address;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public Task<DatabaseAddress> GetAsync(CancellationToken cancellationToken) => FindAsync(_project!, cancellationToken);

    /// <inheritdoc/>
    public Task<DatabaseAddress> RenewAsync(DatabaseAddress refused, CancellationToken cancellationToken)
    {
        ConnectionAttempt? open = _open;
        if (ReferenceEquals(open?.Address.Password, refused.Password))
        {
            Interlocked.CompareExchange(ref _open, null, open); // Of several that were refused at once, the first makes a new one.
        }

        return GetAsync(cancellationToken);
    }

    /// <summary>Forgets the way, because the server is another one: after a restore.</summary>
    public void Forget() => _open = null;

    private async Task<ConnectionAttempt> SearchAsync(CloudProject project, CancellationToken cancellationToken)
    {
        DatabaseAddress? declared = environment.Database;
        if (declared is not null)
        {
            EnsureSession(declared);
        }

        (DatabaseAddress signIn, _openUntil) = declared is { Password: not null }
            ? (declared, DateTimeOffset.MaxValue)
            : await SignInForATimeAsync(declared, cancellationToken).ConfigureAwait(false);
        var attempts = new List<ConnectionAttempt>();
        await foreach ((string way, DatabaseAddress address) in WaysAsync(project, declared, signIn, cancellationToken).ConfigureAwait(false))
        {
            ConnectionAttempt attempt = await ConnectionProbe.TryAsync(way, address, cancellationToken).ConfigureAwait(false);
            attempts.Add(attempt);
            Attempts = attempts;
            if (attempt.IsOpen)
            {
                return signIn.Role is null ? attempt : attempt with { Address = attempt.Address with { SignIn = this } };
            }
        }

        throw await UnreachableAsync(attempts, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The ways, each only asked for when those before it do not work.</summary>
    private async IAsyncEnumerable<(string Way, DatabaseAddress Address)> WaysAsync(
        CloudProject project, DatabaseAddress? declared, DatabaseAddress signIn, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string suffix = "." + project.Ref;
        string user = signIn.User.EndsWith(suffix, StringComparison.Ordinal) ? signIn.User[..^suffix.Length] : signIn.User;
        if (declared is not null)
        {
            yield return ("declared", Verified(environment, signIn with { Host = declared.Host, Port = declared.Port, Database = declared.Database }));
        }

        DatabaseAddress direct = Verified(environment, signIn with { Host = project.Database.Host, Port = directPort, User = user });
        if (declared is null || declared.Host != direct.Host)
        {
            yield return ("direct", direct);
        }

        foreach (PoolerSettings pooler in (await FindPoolersAsync(cancellationToken).ConfigureAwait(false)).Where(pooler => pooler.DatabaseType == "PRIMARY").DistinctBy(pooler => pooler.DbHost))
        {
            // The platform lists the port of transaction mode; its session mode is on another one of the same host.
            int port = pooler.PoolMode == "session" && pooler.DbPort != TransactionPort ? pooler.DbPort : SessionPort;
            if (declared is null || (declared.Host, declared.Port) != (pooler.DbHost, port))
            {
                string tenant = pooler.DbUser.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? pooler.DbUser[dot..] : "";
                yield return ("session pooler", Verified(environment, signIn with { Host = pooler.DbHost, Port = port, User = user + tenant, Database = declared?.Database ?? pooler.DbName }));
            }
        }
    }

    /// <summary>None where the platform does not say, which is told with what failed on the other ways.</summary>
    private async Task<IReadOnlyList<PoolerSettings>> FindPoolersAsync(CancellationToken cancellationToken)
    {
        try
        {
            _whyNoPooler = null;
            return await api.GetPoolerAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException e) when (e.Code != ErrorTable.ApiTokenRefused)
        {
            _whyNoPooler = e.Message.TrimEnd('.');
            return [];
        }
    }

    private async Task<(DatabaseAddress SignIn, DateTimeOffset Until)> SignInForATimeAsync(DatabaseAddress? declared, CancellationToken cancellationToken)
    {
        LoginRole role = await api.CreateLoginRoleAsync(isReadOnly: false, cancellationToken).ConfigureAwait(false);
        var signIn = new DatabaseAddress
        {
            Host = declared?.Host ?? "",
            Port = declared?.Port ?? SessionPort,
            Database = declared?.Database ?? "postgres",
            User = role.Role,
            Password = role.Password,
            SslMode = declared?.SslMode,
            RootCertificate = declared?.RootCertificate,
            Role = OwningRole,
        };
        return (signIn, time.GetUtcNow() + TimeSpan.FromSeconds(role.TtlSeconds) - s_leastLife);
    }

    /// <summary>Nothing but the whole verification unless the declared URL says something else.</summary>
    public static DatabaseAddress Verified(DeploymentEnvironment environment, DatabaseAddress address)
    {
        string mode = address.SslMode ?? "verify-full";
        string? authority = environment.Cloud.Certificate ?? address.RootCertificate ?? (mode.StartsWith("verify-", StringComparison.Ordinal) ? DatabaseAddress.SystemCertificates : null);
        return address with { SslMode = mode, RootCertificate = authority };
    }

    private static void EnsureSession(DatabaseAddress declared)
    {
        PoolerCheck.EnsureAddressIsSession(declared);
        if (declared.Port == TransactionPort)
        {
            throw PoolerCheck.Refused(declared);
        }
    }

    private async Task<DeployException> UnreachableAsync(IReadOnlyList<ConnectionAttempt> attempts, CancellationToken cancellationToken)
    {
        var facts = attempts.Select(attempt => attempt.ToString()).ToList();
        if (_whyNoPooler is not null)
        {
            facts.Add($"session pooler: {_whyNoPooler}");
        }

        facts.AddRange(await new NetworkFacts(api).CollectAsync(cancellationToken).ConfigureAwait(false));
        // What got furthest is what is worth mending.
        ConnectionAttempt best = attempts.MaxBy(attempt => attempt.FailedAt)!;
        return new DeployException(
            ErrorTable.CloudDatabaseUnreachable,
            $"The database of environment '{environment}' cannot be reached. {string.Join(". ", facts)}.",
            Remedy(best),
            environment.Name,
            best.Failure);
    }

    private string Remedy(ConnectionAttempt best) => best.FailedAt switch
    {
        ConnectionLayer.Dns => "Check the name in 'database' of the stage, and this machine's name server.",
        ConnectionLayer.Ipv6 => "Use a network with IPv6, buy the project's IPv4 add-on, or leave 'database' out, so that the pooler in session mode is used.",
        ConnectionLayer.Tcp => "Look whether a firewall here, a ban or a network restriction in the dashboard (Settings, Database) keeps this machine out.",
        ConnectionLayer.Tls => environment.Cloud.Certificate is { } file
            ? $"Check that '{file}' is the project's certificate authority, and that the host's name is the one in its certificate."
            : "Download the certificate authority in the dashboard (Settings, Database, SSL) and name its file with 'certificate:' of the stage; for a server without one, say so in the URL: '?sslmode=disable'.",
        ConnectionLayer.Authentication when environment.Database?.Password is not null => "Correct the password in 'database' of the stage, or leave 'database' out: then the Management API gives a temporary role.",
        ConnectionLayer.Authentication => "Run the command again; if that does not help, give 'database' of the stage a URL with a password.",
        _ => "Look at the project's database in the dashboard: it answers, and lets no session in.",
    };
}
