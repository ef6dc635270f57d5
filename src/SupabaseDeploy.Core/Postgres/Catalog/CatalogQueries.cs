namespace SupabaseDeploy.Postgres.Catalog;

/// <summary>Writes the query that shows one object's state to a person, in any database: no row where the object is missing.</summary>
internal static class CatalogQueries
{
    public static string Show(CatalogObject each) => each.Kind switch
    {
        CatalogKind.Owner => Owner(CatalogPlace.Of(each.Parents[0])),
        CatalogKind.Comment => Comment(CatalogPlace.Of(each.Parents[0])),
        CatalogKind.Privilege => Privileges(CatalogPlace.Of(each.Parents[0]), each.Parents[0].Kind),
        CatalogKind.DefaultPrivilege =>
            "select o.defaclrole::regrole, o.defaclobjtype, o.defaclacl from pg_default_acl o where o.defaclnamespace = "
            + (each.Schema.Length == 0 ? "0" : $"to_regnamespace({CatalogPlace.Literal(each.Schema)})"),
        CatalogKind.ColumnOrder =>
            $"select o.attname from pg_attribute o where o.attrelid = {CatalogPlace.Regclass(each.Schema, each.Name)} and o.attnum > 0 and not o.attisdropped order by o.attnum",
        CatalogKind.PublicationTable =>
            $"select o.* from pg_publication_tables o where {CatalogPlace.Named("pubname", each.Parents[0].Name)} and {CatalogPlace.Named("schemaname", each.Schema)}",
        _ => Definition(CatalogPlace.Of(each.Key)),
    };

    private static string Definition(CatalogPlace place) => $"select {place.Shown} from {place.Catalog} o where {place.Where}";

    private static string Owner(CatalogPlace place) => $"select pg_get_userbyid(o.{place.Prefix}owner) as owner from {place.Catalog} o where {place.Where}";

    private static string Comment(CatalogPlace place) => place.Catalog == "pg_attribute"
        ? $"select col_description(o.attrelid, o.attnum) as comment from pg_attribute o where {place.Where}"
        : $"select obj_description(o.oid, '{place.Catalog}') as comment from {place.Catalog} o where {place.Where}";

    // Without privileges of its own an object has PostgreSQL's default ones, which a catalog does not spell out.
    private static string Privileges(CatalogPlace place, CatalogKind kind)
    {
        string held = kind == CatalogKind.Column ? "o.attacl" : $"coalesce(o.{place.Prefix}acl, acldefault('{place.PrivilegeCode}', o.{place.Prefix}owner))";
        return "select case x.grantee when 0 then 'public' else pg_get_userbyid(x.grantee) end as grantee, x.privilege_type, x.is_grantable "
            + $"from {place.Catalog} o cross join aclexplode({held}) x where {place.Where} order by 1, 2";
    }
}
