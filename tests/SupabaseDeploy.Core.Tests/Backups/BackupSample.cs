using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Events;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Backups;

/// <summary>Environments, targets and backups as the tests of this room need them.</summary>
internal static class BackupSample
{
    /// <summary>A little of everything that a restore could lose.</summary>
    public const string Content =
        """"
        create extension if not exists pgcrypto with schema extensions;
        create schema if not exists supabase_migrations;
        create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
        insert into supabase_migrations.schema_migrations (version, name) values ('20261101120000', 'create'), ('1', 'first');
        create table "Kürse & ""mehr""" (
            id bigint generated always as identity primary key,
            title text not null unique,
            added timestamptz not null default clock_timestamp(),
            length int generated always as (char_length(title)) stored
        );
        comment on table "Kürse & ""mehr""" is 'Größe; it''s "quoted"';
        alter table "Kürse & ""mehr""" drop constraint "Kürse & ""mehr""_title_key";
        insert into "Kürse & ""mehr""" (title) values ('Ä'), ('Straße'), ('日本語');
        create table child (id serial primary key, parent bigint references "Kürse & ""mehr""" on delete cascade);
        insert into child (parent) values (1), (2);
        select setval('child_id_seq', 1000);
        create table later (n int);
        insert into later values (-1);
        alter table later add constraint not_yet check (n > 0) not valid;
        alter table "Kürse & ""mehr""" enable row level security;
        create policy own on "Kürse & ""mehr""" for select to authenticated using (auth.uid() is not null);
        grant select on "Kürse & ""mehr""" to authenticated;
        insert into auth.users (id, email) values ('11111111-1111-1111-1111-111111111111', 'ann@example.test');
        select lo_from_bytea(0, decode('00ff10', 'hex'));
        create materialized view lengths as select sum(length) as total from "Kürse & ""mehr""";
        """";

    public static DeploymentEnvironment Environment(string folder, string name = "production") => new()
    {
        Name = name,
        Target = TargetKind.Local,
        Application = "courses",
        Project = new ProjectFolder(folder),
        MigrationsFolder = Path.Combine(folder, "migrations"),
    };

    public static BackupManifest Manifest(string id) => new()
    {
        Format = BackupManifest.CurrentFormat,
        Id = id,
        Environment = "production",
        Application = "courses",
        Database = "127.0.0.1:54322/postgres",
        StartedAt = new DateTimeOffset(2026, 11, 22, 23, 45, 10, TimeSpan.Zero),
        FinishedAt = new DateTimeOffset(2026, 11, 22, 23, 45, 14, TimeSpan.Zero),
        ConsistentAt = new DateTimeOffset(2026, 11, 22, 23, 45, 12, TimeSpan.Zero),
        WalPosition = "0/1A2B3C4D",
        ServerVersion = "15.18",
        DumpVersion = "15.18",
        Migrations = ["20261101120000"],
        DatabaseSize = 8_000_000,
        LargeObjects = 0,
        Tables = [new TableRows("public", "Kürse", 12)],
        NotValidConstraints = [],
        Roles = ["anon"],
        HasRolePasswords = true,
        Files = [],
    };

    /// <summary>A backup on disk that holds one file besides its manifest.</summary>
    public static async Task<DeploymentBackup> WriteAsync(BackupStore store, string id)
    {
        string folder = Path.Combine(store.Folder, id);
        Directory.CreateDirectory(Path.Combine(folder, "dump"));
        await File.WriteAllTextAsync(Path.Combine(folder, "dump", "toc.dat"), "table of contents");
        BackupManifest manifest = Manifest(id) with { Files = await BackupFiles.MeasureAsync(folder, CancellationToken.None) };
        await BackupStore.WriteManifestAsync(folder, manifest, CancellationToken.None);
        return store.Find(id);
    }
}

/// <summary>A database, which may lend no administering role, and a web root that remembers what was published.</summary>
internal sealed class DatabaseOnly(DatabaseAddress application, DatabaseAddress? administration) : IDeploymentTargets
{
    /// <summary>The release the web root serves; null where there is no web root.</summary>
    public string? Served { get; set; }

    public IDeploymentTarget For(DeploymentEnvironment environment) => new Target(this, environment, application, administration);

    private sealed class Target(DatabaseOnly place, DeploymentEnvironment environment, DatabaseAddress application, DatabaseAddress? administration) : IDeploymentTarget
    {
        public DeploymentEnvironment Environment => environment;

        public string Host => $"{application.Host}:{application.Port}";

        public Task<DatabaseAddress> GetDatabaseAsync(CancellationToken cancellationToken) => Task.FromResult(application);

        public Task<DatabaseAddress?> GetAdministrationAsync(CancellationToken cancellationToken) => Task.FromResult(administration);

        public Task<Uri?> GetWebUrlAsync(CancellationToken cancellationToken) => Task.FromResult(place.Served is null ? null : new Uri("http://127.0.0.1:1/"));

        public Task<string?> GetServedReleaseAsync(CancellationToken cancellationToken) => Task.FromResult(place.Served);

        public Task PublishWebAsync(Release release, IProgressSink sink, CancellationToken cancellationToken)
        {
            place.Served = release.Id;
            return Task.CompletedTask;
        }

        public Task WithdrawWebAsync(IProgressSink sink, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>Does something once, when an event it waits for is published.</summary>
internal sealed class ReactingSink(Func<DeployEvent, bool> awaited, Action react) : IProgressSink
{
    private int _reacted;

    public void Publish(DeployEvent deployEvent)
    {
        if (awaited(deployEvent) && Interlocked.Exchange(ref _reacted, 1) == 0)
        {
            react();
        }
    }
}
