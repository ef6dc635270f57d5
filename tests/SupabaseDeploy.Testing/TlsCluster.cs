using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Testing;

/// <summary>A cluster that takes connections with TLS only, with a certificate for <c>localhost</c> from an authority of its own.</summary>
public sealed class TlsCluster : IAsyncDisposable
{
    private readonly TestCluster _cluster;
    private readonly TemporaryFolder _folder = new();

    private TlsCluster(TestCluster cluster) => _cluster = cluster;

    /// <summary>File of the authority's certificate.</summary>
    public string Authority => Path.Combine(_folder.Path, "authority.pem");

    /// <summary>File of another authority, which signed nothing here.</summary>
    public string OtherAuthority => Path.Combine(_folder.Path, "other.pem");

    public DatabaseAddress Application => _cluster.Application with { Host = "localhost" };

    public DatabaseAddress Administration => _cluster.Administration with { Host = "localhost" };

    public static async Task<TlsCluster> CreateAsync()
    {
        var created = new TlsCluster(await TestCluster.CreateAsync());
        try
        {
            await created.TurnOnAsync();
            return created;
        }
        catch
        {
            await created.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _folder.Dispose();
    }

    private async Task TurnOnAsync()
    {
        using X509Certificate2 authority = MakeAuthority("Authority of a test");
        using X509Certificate2 other = MakeAuthority("Another authority");
        await File.WriteAllTextAsync(Authority, authority.ExportCertificatePem());
        await File.WriteAllTextAsync(OtherAuthority, other.ExportCertificatePem());
        (string certificate, string key) = MakeServer(authority);
        await using NpgsqlConnection connection = await _cluster.Administration.OpenAsync(CancellationToken.None);
        // The server writes them itself, so that they are its user's own, as it demands.
        await WriteAsync(connection, "server.crt", certificate);
        await WriteAsync(connection, "server.key", key);
        await ExecuteAsync(connection, "alter system set ssl = on");
        await WriteAsync(connection, "pg_hba.conf", "hostssl all all 127.0.0.1/32 scram-sha-256\nhostssl all all ::1/128 scram-sha-256");
        await ExecuteAsync(connection, "select pg_reload_conf()");
        await Wait.UntilAsync(TakesOnlyTlsAsync);
    }

    private async Task<bool> TakesOnlyTlsAsync()
    {
        try
        {
            await using (await (Application with { SslMode = "require" }).OpenAsync(CancellationToken.None))
            {
                return true;
            }
        }
        catch (Errors.DeployException)
        {
            return false;
        }
    }

    private static Task WriteAsync(NpgsqlConnection connection, string file, string content) => ExecuteAsync(
        connection,
        $"copy (select line from regexp_split_to_table($pem${content}$pem$, E'\\n') as line) to program 'umask 077; cat > {file}; chmod 600 {file}'");

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static X509Certificate2 MakeAuthority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
    }

    private static (string Certificate, string Key) MakeServer(X509Certificate2 authority)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.Create(authority, now.AddDays(-1), now.AddDays(29), RandomNumberGenerator.GetBytes(8));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
