using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Docker.DotNet;
using Docker.DotNet.Models;
using Npgsql;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Testing;

/// <summary>
/// Images that stand in for Supabase's where no registry is reached: a real PostgreSQL 15 that reads the variables of
/// <c>supabase/postgres</c>, and a web server that serves the paths of a service on its port, after it has seen the database.
/// </summary>
public static class DockerStandIns
{
    /// <summary>The machine's own name for them; no registry has it.</summary>
    private const string Repository = "supabase-deploy-stand-in";

    // The image brings its own roles and schemas; only the passwords are the container's.
    private const string DatabaseScript = """
        #!/bin/sh
        set -e
        data=/var/lib/postgresql/data
        bin=@bin@
        if [ "$(id -u)" = 0 ]; then
            mkdir -p $data /var/run/postgresql
            chown postgres:postgres $data /var/run/postgresql
            chmod 700 $data
            exec su postgres -c "$0"
        fi
        if [ ! -f $data/PG_VERSION ]; then
            cp -r /template/. $data/
            chmod -R go= $data
            echo 'host all all all scram-sha-256' > $data/pg_hba.conf
            echo "timezone = 'UTC'" > $data/postgresql.conf
            for role in supabase_admin postgres; do echo "alter role $role password '$POSTGRES_PASSWORD';"; done \
                | $bin/postgres --single -D $data postgres >/dev/null
        fi
        exec $bin/postgres -D $data -c listen_addresses=* -c port=5432 -c wal_level=logical -c fsync=off -c logging_collector=off -c unix_socket_directories=/var/run/postgresql
        """;

    private const string ServiceScript = """
        #!/bin/sh
        if [ -n "$STAND_IN_FAILS" ]; then echo "stand-in: $STAND_IN_FAILS" >&2; exit 3; fi
        until nc db 5432 </dev/null 2>/dev/null; do sleep 0.1; done
        trap 'exit 0' TERM
        mkdir -p /www; env > /www/environment
        for port in $STAND_IN_PORTS; do httpd -f -p $port -h /www & done
        echo "stand-in: listens on $STAND_IN_PORTS"
        wait
        """;

    private static readonly SemaphoreSlim s_one = new(1);

    /// <summary>An image with a shell.</summary>
    public static Task<string> ShellAsync(DockerEngine engine) => MakeAsync(engine, "shell", [], DockerRootFileSystem.CreateAsync);

    /// <summary>An image of a service.</summary>
    /// <param name="engine">The engine that gets it.</param>
    /// <param name="ports">The ports it listens on inside.</param>
    /// <param name="paths">The paths that answer.</param>
    /// <param name="fails">What it says when it ends at once; null for one that works.</param>
    public static Task<string> ServiceAsync(DockerEngine engine, IReadOnlyList<int> ports, IReadOnlyList<string> paths, string? fails = null)
    {
        IReadOnlyList<string> changes =
        [
            "ENTRYPOINT [\"/service.sh\"]", $"ENV STAND_IN_PORTS=\"{string.Join(' ', ports)}\"", .. fails is null ? [] : (string[])[$"ENV STAND_IN_FAILS=\"{fails}\""],
        ];
        return MakeAsync(engine, "service", [.. changes, .. paths, ServiceScript], changes, async () =>
        {
            DockerRootFileSystem system = await DockerRootFileSystem.CreateAsync();
            system.AddText("service.sh", ServiceScript);
            foreach (string path in paths)
            {
                system.AddText($"www{path}", "{\"status\":\"ok\"}");
            }

            return system;
        });
    }

    /// <summary>An image of the database. It lacks what the platform's image lacks, too: the schema of webhooks.</summary>
    public static async Task<string> DatabaseAsync(DockerEngine engine)
    {
        PostgresInstallation installation = await new PostgresInstallations().FindOrInstallAsync(15, NullProgressSink.Instance, CancellationToken.None);
        string[] changes = ["ENTRYPOINT [\"/database.sh\"]", "ENV LC_ALL=C.UTF-8"];
        return await MakeAsync(engine, "database", [.. changes, DatabaseScript, installation.ToString(), Bootstrap.Hash], changes, async () =>
        {
            using var folder = new TemporaryFolder();
            await using ThrowAwayCluster cluster = await ThrowAwayCluster.StartAsync(folder.Path, new SupabaseDeploy.Postgres.ClusterOptions(), NullProgressSink.Instance, CancellationToken.None);
            await using (NpgsqlConnection connection = await cluster.Administration.OpenAsync(CancellationToken.None))
            {
                await using var drop = new NpgsqlCommand("drop schema supabase_functions cascade", connection);
                await drop.ExecuteNonQueryAsync();
            }

            await cluster.StopAsync(CancellationToken.None);
            return await SystemOfAsync(cluster);
        });
    }

    private static async Task<DockerRootFileSystem> SystemOfAsync(ThrowAwayCluster cluster)
    {
        PostgresInstallation installation = cluster.Installation;
        DockerRootFileSystem system = await DockerRootFileSystem.CreateAsync();
        system.AddText("database.sh", DatabaseScript.Replace("@bin@", installation.BinFolder, StringComparison.Ordinal));
        string library = await AskAsync(installation, "--pkglibdir");
        string[] programs = [installation.Program("postgres"), .. Directory.GetFiles(library, "*.so").Where(IsWanted)];
        foreach (string file in (string[])[.. programs, .. await LibrariesAsync(programs)])
        {
            system.AddFile(file);
        }

        foreach (string folder in (string[])[await AskAsync(installation, "--sharedir"), "/usr/share/zoneinfo", "/usr/lib/locale/C.utf8"])
        {
            system.AddTree(folder, folder.TrimStart('/'), IsWanted);
        }

        system.AddTree(await cluster.GetDataFolderAsync(CancellationToken.None), "template", _ => true);
        return system;
    }

    // The just-in-time compiler is three times as large as all the rest.
    private static bool IsWanted(string file) => !file.Contains("llvmjit", StringComparison.Ordinal);

    /// <summary>Gives an image another name.</summary>
    public static Task TagAsync(DockerEngine engine, string image, string name)
    {
        int colon = name.LastIndexOf(':');
        return engine.Client.Images.TagImageAsync(image, new ImageTagParameters { RepositoryName = name[..colon], Tag = name[(colon + 1)..] });
    }

    private static Task<string> MakeAsync(DockerEngine engine, string name, IReadOnlyList<string> changes, Func<Task<DockerRootFileSystem>> make) =>
        MakeAsync(engine, name, changes, changes, make);

    /// <summary>The image made from some inputs, kept by the engine between runs.</summary>
    private static async Task<string> MakeAsync(
        DockerEngine engine, string name, IReadOnlyList<string> inputs, IReadOnlyList<string> changes, Func<Task<DockerRootFileSystem>> make)
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', inputs))))[..12];
        string image = $"{Repository}/{name}:{digest}";
        await s_one.WaitAsync();
        try
        {
            if (!await HasAsync(engine, image))
            {
                await using DockerRootFileSystem system = await make();
                await engine.Client.Images.CreateImageAsync(
                    new ImagesCreateParameters { FromSrc = "-", Repo = $"{Repository}/{name}", Tag = digest, Changes = [.. changes] },
                    system.Finish(),
                    new AuthConfig(),
                    new Progress<JSONMessage>());
            }

            return image;
        }
        finally
        {
            s_one.Release();
        }
    }

    private static async Task<bool> HasAsync(DockerEngine engine, string image)
    {
        try
        {
            await engine.Client.Images.InspectImageAsync(image);
            return true;
        }
        catch (DockerImageNotFoundException)
        {
            return false;
        }
    }

    private static async Task<string> AskAsync(PostgresInstallation installation, string what)
    {
        ProcessRequest request = installation.Request("pg_config", what);
        return (await ChildProcess.RunAsync(request, CancellationToken.None)).EnsureSuccess(request).Output.Trim();
    }

    /// <summary>The shared libraries that programs need, with the loader, as <c>ldd</c> lists them.</summary>
    private static async Task<IReadOnlyList<string>> LibrariesAsync(IReadOnlyList<string> programs)
    {
        var request = new ProcessRequest("ldd", programs);
        ProcessResult result = (await ChildProcess.RunAsync(request, CancellationToken.None)).EnsureSuccess(request);
        return
        [
            .. result.Output.Split('\n')
                .SelectMany(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
                .Where(word => word.StartsWith('/') && !word.EndsWith(':'))
                .Distinct(),
        ];
    }
}
