using System.Globalization;
using System.Text;

namespace SupabaseDeploy.Bench;

/// <summary>Migrations of the usual kind, in the form each tool wants: a table, an index, row level security, a comment and a function a file.</summary>
internal static class UsualMigrations
{
    public static IEnumerable<string> Versions(int count) =>
        Enumerable.Range(0, count).Select(i => new DateTime(2026, 1, 1).AddMinutes(i).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture));

    public static string[] Statements(string version) =>
    [
        $"create table public.course_{version} (\n    id bigint generated always as identity primary key,\n    owner uuid not null,\n    title text not null,\n    created_at timestamptz not null default now()\n)",
        $"create index course_{version}_owner on public.course_{version} (owner)",
        $"alter table public.course_{version} enable row level security",
        $"create policy own on public.course_{version} for all to authenticated using (owner = auth.uid())",
        $"comment on table public.course_{version} is 'Courses; each belongs to one teacher.'",
        $"create function public.count_{version}() returns bigint language sql stable set search_path = '' as $$ select count(*) from public.course_{version}; $$",
    ];

    public static string Text(string version) => string.Concat(Statements(version).Select(statement => statement + ";\n\n"));

    /// <summary>As the Supabase CLI, DbUp, dbmate and SupabaseDeploy take them, with what a tool wants around them.</summary>
    public static void WriteFolder(string folder, int count, string before = "", string after = "")
    {
        Directory.CreateDirectory(folder);
        foreach (string version in Versions(count))
        {
            File.WriteAllText(Path.Combine(folder, $"{version}_course.sql"), before + Text(version) + after);
        }
    }

    /// <summary>The same transactions with the same rows of history in one file, for psql.</summary>
    public static void WriteScript(string path, int count)
    {
        var script = new StringBuilder(
            """
            create schema if not exists supabase_migrations;
            create table if not exists supabase_migrations.schema_migrations (version text not null primary key, statements text[], name text);

            """);
        foreach (string version in Versions(count))
        {
            string array = string.Join(", ", Statements(version).Select(statement => $"$statement${statement}$statement$"));
            script.Append(CultureInfo.InvariantCulture, $"reset all;\nbegin;\ninsert into supabase_migrations.schema_migrations (version, name, statements) values ('{version}', 'course', array[{array}]);\n");
            script.Append(Text(version)).Append("commit;\n");
        }

        File.WriteAllText(path, script.ToString());
    }

    public static void WriteSqitch(string folder, int count)
    {
        Directory.CreateDirectory(Path.Combine(folder, "deploy"));
        File.WriteAllText(Path.Combine(folder, "sqitch.conf"), "[core]\n\tengine = pg\n[user]\n\tname = bench\n\temail = bench@example.org\n");
        var plan = new StringBuilder("%syntax-version=1.0.0\n%project=bench\n\n");
        foreach (string version in Versions(count))
        {
            plan.Append(CultureInfo.InvariantCulture, $"c{version} 2026-01-01T00:00:00Z bench <bench@example.org> # course\n");
            File.WriteAllText(Path.Combine(folder, "deploy", $"c{version}.sql"), $"begin;\n{Text(version)}commit;\n");
        }

        File.WriteAllText(Path.Combine(folder, "sqitch.plan"), plan.ToString());
    }
}
