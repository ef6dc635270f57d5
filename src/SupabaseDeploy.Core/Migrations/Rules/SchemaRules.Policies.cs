using SupabaseDeploy.Migrations.Rules.Reading;

namespace SupabaseDeploy.Migrations.Rules;

/// <summary>Policies.</summary>
internal sealed partial class SchemaRules
{
    private IEnumerable<(ObjectKey, Breach)> CheckPolicies(SqlName name, TableFacts table, TableFacts? old)
    {
        foreach (PolicyDefinition policy in table.Policies.Values)
        {
            var key = ObjectKey.Policy(name, policy.Name);
            if (made.Contains(key.Text) || IsNew(policy, old))
            {
                foreach (Breach breach in CheckPolicy(name, table, policy))
                {
                    yield return (key, breach);
                }
            }
        }
    }

    private bool IsNew(PolicyDefinition policy, TableFacts? old) =>
        before is not null && !(old?.Policies.GetValueOrDefault(policy.Name) is { } same && same.Using == policy.Using && same.Check == policy.Check && same.Command == policy.Command);

    private static IEnumerable<Breach> CheckPolicy(SqlName name, TableFacts table, PolicyDefinition policy)
    {
        string quoted = $"\"{policy.Name}\"";
        if (IsOpenToWrites(policy))
        {
            yield return new(
                RuleTable.PolicyAlwaysTrue,
                name.ToString(),
                $"Policy '{policy.Name}' lets {Who(policy)} {(policy.Command == "all" ? "write" : policy.Command)} every row of '{name}'.",
                $"Say whose rows: 'alter policy {quoted} on {name} {(policy.Command == "insert" ? "with check" : "using")} (user_id = (select auth.uid()));'.");
        }

        if ((PolicyExpression.CallPerRow(policy.Using) ?? PolicyExpression.CallPerRow(policy.Check)) is { } call)
        {
            yield return new(
                RuleTable.PolicyCallPerRow,
                name.ToString(),
                $"Policy '{policy.Name}' on '{name}' calls {call} for every row.",
                $"Write '(select {call})' in the policy: the server then asks once a statement.");
        }

        if (PolicyExpression.MentionsUserMetadata(policy.Using) || PolicyExpression.MentionsUserMetadata(policy.Check))
        {
            yield return new(
                RuleTable.PolicyUserMetadata,
                name.ToString(),
                $"Policy '{policy.Name}' on '{name}' believes 'user_metadata', which each user can change for himself.",
                "Keep the right in a table, or in 'app_metadata', which only the service role writes.");
        }

        if (!table.IsComplete || IsPlatform(name.Schema))
        {
            yield break;
        }

        foreach (string column in PolicyExpression.ComparedColumns(policy.Using, name.Name, table.Columns).Where(column => !table.HasIndexOn(column)))
        {
            yield return new(
                RuleTable.PolicyColumnNotIndexed,
                $"{name}.{SqlName.Quote(column)}",
                $"Policy '{policy.Name}' finds rows of '{name}' by '{column}', and no index starts with it: each query reads the whole table.",
                $"Add 'create index on {name} ({SqlName.Quote(column)});' (on a table in use 'create index concurrently', alone in a migration).");
        }
    }

    private static bool IsOpenToWrites(PolicyDefinition policy)
    {
        bool isForUsers = policy.Roles is null || policy.Roles.Any(role => role is "public" or "anon" or "authenticated");
        return policy.IsPermissive && isForUsers
            && ((policy.Command is "update" or "delete" or "all" && PolicyExpression.IsAlwaysTrue(policy.Using))
                || (policy.Command is "insert" or "update" or "all" && PolicyExpression.IsAlwaysTrue(policy.Check)));
    }

    private static string Who(PolicyDefinition policy) =>
        policy.Roles is null || policy.Roles.Contains("public") ? "everybody" : $"'{string.Join("', '", policy.Roles)}'";
}
