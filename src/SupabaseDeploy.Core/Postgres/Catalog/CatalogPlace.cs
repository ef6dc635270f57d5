namespace SupabaseDeploy.Postgres.Catalog;

/// <summary>Where PostgreSQL keeps an object: the catalog, as <c>o</c>, and the condition that finds the one row.</summary>
/// <param name="Catalog">The catalog's name.</param>
/// <param name="Where">The condition; true of no row where the object is missing.</param>
/// <param name="Shown">The columns that tell its definition.</param>
/// <param name="Prefix">What the columns <c>…owner</c> and <c>…acl</c> begin with; null where there are none.</param>
/// <param name="PrivilegeCode">How <c>acldefault</c> names the kind; null where it has no privileges.</param>
internal sealed record CatalogPlace(string Catalog, string Where, string Shown, string? Prefix = null, char? PrivilegeCode = null)
{
    public static CatalogPlace Of(CatalogKey key)
    {
        (string table, string child) = Split(key.Name);
        string ofTable = Regclass(key.Schema, table);
        return key.Kind switch
        {
            CatalogKind.Schema => new("pg_namespace", Named("nspname", key.Name), "o.nspname", "nsp", 'n'),
            CatalogKind.Extension => new("pg_extension", Named("extname", key.Name), "o.extname, o.extversion, o.extnamespace::regnamespace"),
            CatalogKind.Type => new("pg_type", $"o.oid = to_regtype({Literal($"{key.Schema}.{key.Name}")})", TypeColumns, "typ", 'T'),
            CatalogKind.Table or CatalogKind.ForeignTable => new("pg_class", Relation(key), TableColumns, "rel", 'r'),
            CatalogKind.View or CatalogKind.MaterializedView => new("pg_class", Relation(key), "o.reloptions, pg_get_viewdef(o.oid)", "rel", 'r'),
            CatalogKind.Sequence => new("pg_class", Relation(key), "(select q from pg_sequence q where q.seqrelid = o.oid)", "rel", 's'),
            CatalogKind.Index => new("pg_class", Relation(key), "pg_get_indexdef(o.oid), (select i.indisvalid from pg_index i where i.indexrelid = o.oid) as valid"),
            CatalogKind.RowSecurity => new("pg_class", Relation(key), "o.relrowsecurity, o.relforcerowsecurity"),
            CatalogKind.Column => new("pg_attribute", $"o.attrelid = {ofTable} and {Named("attname", child)}", ColumnColumns, "att", 'c'),
            CatalogKind.Constraint => new("pg_constraint", $"o.conrelid = {ofTable} and {Named("conname", child)}", "o.conname, pg_get_constraintdef(o.oid), o.convalidated"),
            CatalogKind.Rule => new("pg_rewrite", $"o.ev_class = {ofTable} and {Named("rulename", child)}", "pg_get_ruledef(o.oid), o.ev_enabled"),
            CatalogKind.Trigger => new("pg_trigger", $"o.tgrelid = {ofTable} and {Named("tgname", child)}", "pg_get_triggerdef(o.oid), o.tgenabled"),
            CatalogKind.Policy => new("pg_policy", $"o.polrelid = {ofTable} and {Named("polname", child)}", PolicyColumns),
            CatalogKind.Function or CatalogKind.Procedure => new("pg_proc", Routine(key), "pg_get_functiondef(o.oid)", "pro", 'f'),
            CatalogKind.Aggregate => new("pg_proc", Routine(key), "(select a from pg_aggregate a where a.aggfnoid = o.oid)", "pro", 'f'),
            CatalogKind.EventTrigger => new("pg_event_trigger", Named("evtname", key.Name), "o.evtname, o.evtevent, o.evttags, o.evtfoid::regproc, o.evtenabled", "evt"),
            CatalogKind.Statistics => new("pg_statistic_ext", InSchema("stxnamespace", key) + Named("stxname", key.Name), "pg_get_statisticsobjdef(o.oid)", "stx"),
            CatalogKind.Publication => new("pg_publication", Named("pubname", key.Name), "o.*", "pub"),
            CatalogKind.ForeignDataWrapper => new("pg_foreign_data_wrapper", Named("fdwname", key.Name), $"o.fdwname, o.fdwhandler::regproc, o.fdwvalidator::regproc, (select array_agg(x) from unnest(o.fdwoptions) x where {Shareable}) as options", "fdw", 'F'),
            CatalogKind.ForeignServer => new("pg_foreign_server", Named("srvname", key.Name), $"o.srvname, o.srvtype, o.srvversion, (select array_agg(x) from unnest(o.srvoptions) x where {Shareable}) as options", "srv", 'S'),
            CatalogKind.Cast => new("pg_cast", $"format('(%s as %s)', format_type(o.castsource, null), format_type(o.casttarget, null)) = {Literal(key.Name)}", "o.castfunc::regprocedure, o.castmethod, o.castcontext"),
            CatalogKind.Operator => new("pg_operator", InSchema("oprnamespace", key) + $"o.oprname = {Literal(key.Name[..key.Name.IndexOf(' ', StringComparison.Ordinal)])}", "o.oid::regoperator, o.oprcode, o.oprcom::regoperator, o.oprnegate::regoperator", "opr"),
            CatalogKind.OperatorFamily => new("pg_opfamily", InSchema("opfnamespace", key) + Named("opfname", Before(key.Name, " using ")), "o.opfname, (select array_agg(a.amopopr::regoperator) from pg_amop a where a.amopfamily = o.oid)", "opf"),
            CatalogKind.OperatorClass => new("pg_opclass", InSchema("opcnamespace", key) + Named("opcname", Before(key.Name, " using ")), "o.opcname, o.opcintype::regtype, o.opcdefault", "opc"),
            CatalogKind.Collation => new("pg_collation", InSchema("collnamespace", key) + Named("collname", key.Name), "o.*", "coll"),
            CatalogKind.TextSearchConfiguration => new("pg_ts_config", InSchema("cfgnamespace", key) + Named("cfgname", key.Name), "o.cfgname, (select array_agg(m.mapdict::regdictionary order by m.maptokentype, m.mapseqno) from pg_ts_config_map m where m.mapcfg = o.oid)", "cfg"),
            CatalogKind.TextSearchDictionary => new("pg_ts_dict", InSchema("dictnamespace", key) + Named("dictname", key.Name), "o.*", "dict"),
            _ => throw new ArgumentOutOfRangeException(nameof(key), key.Kind, "This kind is no row of one catalog."),
        };
    }

    /// <summary>The oid of a relation, null where it is missing.</summary>
    public static string Regclass(string schema, string name) => $"to_regclass({Literal($"{schema}.{name}")})";

    /// <summary>A name that the reader wrote as SQL writes it.</summary>
    public static string Named(string column, string name) => $"quote_ident(o.{column}) = {Literal(name)}";

    public static string Literal(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    // As in the reader's own files: an option whose name speaks of a secret is not shown.
    private const string Shareable = "x !~* '^[^=]*(passw|secret|token|key)'";

    private const string TypeColumns =
        "o.typtype, format_type(o.typbasetype, o.typtypmod) as base, o.typnotnull, o.typdefault, "
        + "(select array_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = o.oid) as labels, "
        + "(select array_agg(pg_get_constraintdef(c.oid)) from pg_constraint c where c.contypid = o.oid) as constraints, "
        + "(select array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) order by a.attnum) from pg_attribute a where a.attrelid = o.typrelid and o.typrelid <> 0) as attributes";

    private const string TableColumns =
        "o.relkind, o.relpersistence, o.reloptions, o.relreplident, pg_get_partkeydef(o.oid) as partition_key, pg_get_expr(o.relpartbound, o.oid) as bound, "
        + "(select array_agg(i.inhparent::regclass order by i.inhseqno) from pg_inherits i where i.inhrelid = o.oid) as parents, "
        + $"(select array_agg(x) from pg_foreign_table f cross join unnest(f.ftoptions) x where f.ftrelid = o.oid and {Shareable}) as options, "
        + "(select array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) order by a.attnum) from pg_attribute a where a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped) as columns";

    private const string ColumnColumns =
        "format_type(o.atttypid, o.atttypmod) as type, o.attnotnull, o.attcollation::regcollation, o.attidentity, o.attgenerated, o.attstorage, o.attcompression, o.attoptions, o.attfdwoptions, "
        + "(select q from pg_sequence q where q.seqrelid = pg_get_serial_sequence(o.attrelid::regclass::text, o.attname)::regclass) as sequence, "
        + "(select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d where d.adrelid = o.attrelid and d.adnum = o.attnum) as expression";

    private const string PolicyColumns =
        "o.polpermissive, o.polcmd, o.polroles::regrole[], pg_get_expr(o.polqual, o.polrelid) as using, pg_get_expr(o.polwithcheck, o.polrelid) as with_check";

    private static string Relation(CatalogKey key) => $"o.oid = {Regclass(key.Schema, key.Name)}";

    private static string Routine(CatalogKey key) => $"o.oid = to_regprocedure({Literal($"{key.Schema}.{key.Name}")})";

    private static string InSchema(string column, CatalogKey key) => $"o.{column} = to_regnamespace({Literal(key.Schema)}) and ";

    private static string Before(string name, string separator) => name[..name.LastIndexOf(separator, StringComparison.Ordinal)];

    // users.email, "odd.name".email
    private static (string Table, string Child) Split(string name)
    {
        bool quoted = false;
        for (int index = 0; index < name.Length; index++)
        {
            quoted ^= name[index] == '"';
            if (name[index] == '.' && !quoted)
            {
                return (name[..index], name[(index + 1)..]);
            }
        }

        return (name, name);
    }
}
