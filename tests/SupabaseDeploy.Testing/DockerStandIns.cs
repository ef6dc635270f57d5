using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Docker.DotNet;
using Docker.DotNet.Models;
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

    // initdb as the image does it: the superuser is supabase_admin, and 'postgres' is an ordinary role.
    private const string DatabaseScript = """
        #!/bin/sh
        set -e
        data=/var/lib/postgresql/data
        bin=@bin@
        if [ "$(id -u)" = 0 ]; then
            mkdir -p $data /var/run/postgresql /etc/postgresql-custom
            chown postgres:postgres $data /var/run/postgresql
            chmod 700 $data
            exec su postgres -c "$0"
        fi
        if [ ! -f $data/PG_VERSION ]; then
            echo "$POSTGRES_PASSWORD" > /tmp/password
            $bin/initdb --no-sync -D $data -U supabase_admin --pwfile=/tmp/password -A scram-sha-256 --no-locale -E UTF8 >/dev/null
            rm /tmp/password
            echo 'host all all all scram-sha-256' >> $data/pg_hba.conf
            printf '%s\n' "create role postgres login createdb createrole replication bypassrls password '$POSTGRES_PASSWORD';" \
                | $bin/postgres --single -D $data postgres >/dev/null
        fi
        exec $bin/postgres -D $data -c listen_addresses=* -c wal_level=logical -c fsync=off -c unix_socket_directories=/var/run/postgresql
        """;

    private const string ServiceScript = """
        #!/bin/sh
        if [ -n "$STAND_IN_FAILS" ]; then echo "stand-in: $STAND_IN_FAILS" >&2; exit 3; fi
        until nc -z db 5432; do sleep 0.1; done
        echo "stand-in: listens"
        trap 'exit 0' TERM
        for port in $STAND_IN_PORTS; do httpd -f -p $port -h /www & done
        mkdir -p /www; env > /www/environment
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

    /// <summary>An image of the database.</summary>
    public static async Task<string> DatabaseAsync(DockerEngine engine)
    {
        PostgresInstallation installation = await new PostgresInstallations().FindOrInstallAsync(15, NullProgressSink.Instance, CancellationToken.None);
        string script = DatabaseScript.Replace("@bin@", installation.BinFolder, StringComparison.Ordinal);
        string[] changes = ["ENTRYPOINT [\"/database.sh\"]", "ENV LC_ALL=C"];
        return await MakeAsync(engine, "database", [.. changes, script, installation.ToString()], changes, async () =>
        {
            DockerRootFileSystem system = await DockerRootFileSystem.CreateAsync();
            system.AddText("database.sh", script);
            foreach (string program in (string[])["postgres", "initdb", "psql"])
            {
                system.AddFile(installation.Program(program));
            }

            string library = await AskAsync(installation, "--pkglibdir");
            system.AddTree(library);
            system.AddTree(await AskAsync(installation, "--sharedir"));
            system.AddTree("/usr/share/zoneinfo");
            string[] binaries = [installation.Program("postgres"), installation.Program("psql"), .. Directory.GetFiles(library, "*.so").Where(file => !file.Contains("llvmjit", StringComparison.Ordinal))];
            foreach (string file in await LibrariesAsync(binaries))
            {
                system.AddFile(file);
            }

            return system;
        });
    }

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
