using SupabaseDeploy.Migrations.Rules.Reading;

namespace SupabaseDeploy.Migrations.Rules;

/// <summary>The rules that the schema breaks after everything has run, and did not break before.</summary>
/// <param name="options">What the API serves.</param>
/// <param name="before">The schema before; null when only the files are known.</param>
/// <param name="after">The schema after.</param>
/// <param name="made">The names of what the files make and change: see <see cref="ObjectKey"/>.</param>
internal sealed partial class SchemaRules(RuleOptions options, SchemaSnapshot? before, SchemaSnapshot after, IReadOnlySet<string> made)
{
    private static readonly HashSet<string> s_platform =
    [
        "auth", "cron", "extensions", "graphql", "information_schema", "net", "pgbouncer", "pgmq", "pgsodium", "realtime", "storage", "supabase_functions",
        "supabase_migrations", "tiger", "topology", "vault",
    ];

    /// <summary>True for schemas whose tables are made by PostgreSQL, the platform or an extension.</summary>
    public static bool IsPlatform(string schema) => s_platform.Contains(schema) || schema.StartsWith("pg_", StringComparison.Ordinal);

    /// <summary>What is broken, each with the object to look for in the files.</summary>
    public IEnumerable<(ObjectKey Key, Breach Breach)> Check()
    {
        foreach ((SqlName name, TableFacts table) in after.Tables.Where(pair => !pair.Value.IsTemporary))
        {
            TableFacts? old = before?.Tables.GetValueOrDefault(name);
            bool isNew = before is null ? table.IsNew : old is null;
            IEnumerable<(ObjectKey, Breach)> found = CheckPolicies(name, table, old);
            if (!IsPlatform(name.Schema))
            {
                found = found.Concat(CheckRowSecurity(name, table, old, isNew)).Concat(CheckKeys(name, table, old, isNew));
            }

            foreach ((ObjectKey, Breach) breach in found)
            {
                yield return breach;
            }
        }

        foreach ((ObjectKey, Breach) breach in CheckFunctions().Concat(CheckViews()).Concat(CheckExtensions()))
        {
            yield return breach;
        }
    }

    private bool IsServed(SqlName name) => options.ApiSchemas.Contains(name.Schema);

    private IEnumerable<(ObjectKey, Breach)> CheckRowSecurity(SqlName name, TableFacts table, TableFacts? old, bool isNew)
    {
        var key = ObjectKey.RowSecurity(name);
        bool isTouched = isNew || made.Contains(key.Text) || (old is not null && old.HasRowSecurity != table.HasRowSecurity);
        if (IsServed(name) && table.HasRowSecurity == false && isTouched && (isNew || old?.HasRowSecurity != false))
        {
            string policies = table.Policies.Count > 0 ? $" Its {(table.Policies.Count == 1 ? "policy does" : $"{table.Policies.Count} policies do")} nothing." : "";
            yield return (key, new(
                RuleTable.RlsDisabled,
                name.ToString(),
                $"Table '{name}' has no row-level security: whoever may use the API may read and write all its rows.{policies}",
                $"Add 'alter table {name} enable row level security;' and the policies that let the right people in."));
        }
        else if (!isNew && table.HasRowSecurity == false && table.Policies.Keys.FirstOrDefault(policy => old?.Policies.ContainsKey(policy) != true) is { } added)
        {
            yield return (ObjectKey.Policy(name, added), new(
                RuleTable.PolicyWithoutRls,
                name.ToString(),
                $"Policy '{added}' does nothing: row-level security of '{name}' is off.",
                $"Add 'alter table {name} enable row level security;'."));
        }

        if (IsServed(name) && table is { HasRowSecurity: true, Policies.Count: 0 } && isTouched && (isNew || old is { Policies.Count: > 0 } or { HasRowSecurity: false }))
        {
            yield return (key, new(
                RuleTable.RlsWithoutPolicy,
                name.ToString(),
                $"Table '{name}' has row-level security and no policy: only roles that bypass it (service_role) see rows.",
                $"Add a policy, such as 'create policy \"read own\" on {name} for select to authenticated using (user_id = (select auth.uid()));', or silence this rule where nobody is meant to."));
        }
    }

    private IEnumerable<(ObjectKey, Breach)> CheckKeys(SqlName name, TableFacts table, TableFacts? old, bool isNew)
    {
        foreach (ForeignKeyFacts key in table.ForeignKeys.Where(key => !table.HasIndexOn(key.Columns)))
        {
            var origin = ObjectKey.ForeignKey(name, key.Columns);
            bool isAdded = before is null ? made.Contains(origin.Text) : old?.ForeignKeys.Any(other => other.Columns.SequenceEqual(key.Columns)) != true;
            if (isAdded)
            {
                string columns = SqlName.List(key.Columns);
                yield return (origin, new(
                    RuleTable.ForeignKeyNotIndexed,
                    $"{name}.{string.Join(',', key.Columns)}",
                    $"Foreign key {columns} of '{name}' has no index: each delete and each change of a key in '{key.References}' reads all of '{name}'.",
                    isNew
                        ? $"Add 'create index on {name} ({columns});'."
                        : $"Add 'create index concurrently on {name} ({columns});' alone in a migration of its own."));
            }
        }

        if (isNew && table is { IsComplete: true, HasPrimaryKey: false, IsPartition: false })
        {
            yield return (ObjectKey.Table(name), new(
                RuleTable.NoPrimaryKey,
                name.ToString(),
                $"Table '{name}' has no primary key: rows cannot be told apart, and replication and Realtime cannot follow updates and deletes.",
                "Add 'id bigint generated always as identity primary key', or name the columns: 'primary key (a, b)'."));
        }
    }

    private IEnumerable<(ObjectKey, Breach)> CheckFunctions()
    {
        foreach ((SqlName name, IReadOnlyList<FunctionFacts> functions) in after.Functions.Where(pair => !IsPlatform(pair.Key.Schema)))
        {
            var key = ObjectKey.Function(name);
            foreach (FunctionFacts function in functions.Where(function => function is { IsDefiner: true, HasSearchPath: false }))
            {
                bool isOld = before is not null && before.Functions.TryGetValue(name, out IReadOnlyList<FunctionFacts>? old) && old.Contains(function);
                if (made.Contains(key.Text) || (before is not null && !isOld))
                {
                    yield return (key, SearchPath(function.Signature));
                }
            }
        }
    }

    private static Breach SearchPath(string signature) => new(
        RuleTable.DefinerSearchPath,
        signature,
        $"Function '{signature}' runs with its owner's rights and its caller's search_path: a caller can put an object of his own before the one that is meant.",
        $"Add 'set search_path = \'\'' to it and write names with their schemas, or 'alter function {signature} set search_path = \'\';'.");

    private IEnumerable<(ObjectKey, Breach)> CheckViews()
    {
        foreach ((SqlName name, ViewFacts view) in after.Views.Where(pair => IsServed(pair.Key)))
        {
            var key = ObjectKey.View(name);
            if (view.IsInvoker || !(made.Contains(key.Text) || IsChanged(before?.Views, name, view)))
            {
                continue;
            }

            if (!view.IsMaterialized)
            {
                yield return (key, new(
                    RuleTable.ViewSecurityDefiner,
                    name.ToString(),
                    $"View '{name}' reads with its owner's rights: row-level security of its tables does not hold for those who read it through the API.",
                    $"Write 'create view {name} with (security_invoker = true) as …', or 'alter view {name} set (security_invoker = true);'."));
            }

            if (view.ReadsAuthUsers)
            {
                yield return (key, new(
                    RuleTable.AuthUsersExposed,
                    name.ToString(),
                    $"View '{name}' shows rows of 'auth.users' through the API.",
                    "Keep what others may see in a table of your own ('public.profiles') with policies, filled by a trigger on 'auth.users'."));
            }
        }
    }

    private IEnumerable<(ObjectKey, Breach)> CheckExtensions()
    {
        foreach ((string extension, string schema) in after.Extensions)
        {
            var key = ObjectKey.Extension(extension);
            if (schema == "public" && (before is null ? made.Contains(key.Text) : !before.Extensions.ContainsKey(extension)))
            {
                yield return (key, new(
                    RuleTable.ExtensionInPublic,
                    SqlName.Quote(extension),
                    $"Extension '{extension}' goes into schema 'public': the API serves its functions and views.",
                    $"Write 'create extension if not exists {SqlName.Quote(extension)} with schema extensions;'."));
            }
        }
    }

    private static bool IsChanged(Dictionary<SqlName, ViewFacts>? before, SqlName name, ViewFacts view) =>
        before is not null && !(before.TryGetValue(name, out ViewFacts? old) && old == view);
}
