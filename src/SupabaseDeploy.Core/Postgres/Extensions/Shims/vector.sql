-- Vectors kept as text, '[1,2,3]', and compared exactly by functions in SQL: right answers, without pgvector's speed. Dimensions are checked
-- where a column says them. hnsw and ivfflat are access methods that hold a value's hash, so that their indexes can be made, dumped and
-- dropped; no nearest-neighbour search uses them.
do $$
declare
    kind text;
begin
    foreach kind in array array['vector', 'halfvec', 'sparsevec'] loop
        execute format(
            $types$
            create type %1$I;
            create function %1$s_in(cstring) returns %1$I language internal immutable strict parallel safe as 'textin';
            create function %1$s_out(%1$I) returns cstring language internal immutable strict parallel safe as 'textout';
            create function %1$s_recv(internal) returns %1$I language internal stable strict parallel safe as 'textrecv';
            create function %1$s_send(%1$I) returns bytea language internal stable strict parallel safe as 'textsend';
            create function %1$s_typmod_in(cstring[]) returns integer language internal immutable strict parallel safe as 'varchartypmodin';
            create function %1$s_typmod_out(integer) returns cstring language internal immutable strict parallel safe as 'varchartypmodout';
            create type %1$I (
                input = %1$s_in, output = %1$s_out, receive = %1$s_recv, send = %1$s_send,
                typmod_in = %1$s_typmod_in, typmod_out = %1$s_typmod_out, storage = extended, internallength = variable, alignment = int4);
            create cast (%1$I as text) without function;
            create cast (text as %1$I) without function;
            $types$,
            kind);
    end loop;
end
$$;

create function vector_to_float8(vector) returns double precision[] language sql immutable strict parallel safe return
    translate($1::text, '[]', '{}')::double precision[];
create function halfvec_to_float8(halfvec) returns double precision[] language sql immutable strict parallel safe return
    translate($1::text, '[]', '{}')::double precision[];

-- Called wherever a vector is stored into a column that says its dimensions; the modifier is varchar's, which adds four.
create function vector(vector, integer, boolean) returns vector language plpgsql immutable strict parallel safe as $$
declare
    dimensions integer;
begin
    if $1::text !~ '^\s*\[\s*[-+0-9.eE]+(\s*,\s*[-+0-9.eE]+)*\s*\]\s*$' then
        raise exception 'invalid input syntax for type vector: "%"', left($1::text, 100) using errcode = 'invalid_text_representation';
    end if;
    dimensions := length($1::text) - length(replace($1::text, ',', '')) + 1;
    if $2 <> -1 and dimensions <> $2 - 4 then
        raise exception 'expected % dimensions, not %', $2 - 4, dimensions using errcode = 'data_exception';
    end if;
    return $1;
end
$$;
create function halfvec(halfvec, integer, boolean) returns halfvec language plpgsql immutable strict parallel safe as $$
declare
    dimensions constant integer := length($1::text) - length(replace($1::text, ',', '')) + 1;
begin
    if $2 <> -1 and dimensions <> $2 - 4 then
        raise exception 'expected % dimensions, not %', $2 - 4, dimensions using errcode = 'data_exception';
    end if;
    return $1;
end
$$;
create cast (vector as vector) with function vector(vector, integer, boolean) as implicit;
create cast (halfvec as halfvec) with function halfvec(halfvec, integer, boolean) as implicit;

create function array_to_vector(double precision[], integer, boolean) returns vector language sql immutable strict parallel safe return
    vector(('[' || array_to_string($1, ',') || ']')::text::vector, $2, $3);
create function array_to_vector(real[], integer, boolean) returns vector language sql immutable strict parallel safe return array_to_vector($1::double precision[], $2, $3);
create function array_to_vector(integer[], integer, boolean) returns vector language sql immutable strict parallel safe return array_to_vector($1::double precision[], $2, $3);
create function array_to_vector(numeric[], integer, boolean) returns vector language sql immutable strict parallel safe return array_to_vector($1::double precision[], $2, $3);
create function vector_to_float4(vector, integer, boolean) returns real[] language sql immutable strict parallel safe return vector_to_float8($1)::real[];
create function vector_to_halfvec(vector, integer, boolean) returns halfvec language sql immutable strict parallel safe return halfvec($1::text::halfvec, $2, $3);
create function halfvec_to_vector(halfvec, integer, boolean) returns vector language sql immutable strict parallel safe return vector($1::text::vector, $2, $3);
create cast (double precision[] as vector) with function array_to_vector(double precision[], integer, boolean) as assignment;
create cast (real[] as vector) with function array_to_vector(real[], integer, boolean) as assignment;
create cast (integer[] as vector) with function array_to_vector(integer[], integer, boolean) as assignment;
create cast (numeric[] as vector) with function array_to_vector(numeric[], integer, boolean) as assignment;
create cast (vector as real[]) with function vector_to_float4(vector, integer, boolean) as implicit;
create cast (vector as halfvec) with function vector_to_halfvec(vector, integer, boolean) as assignment;
create cast (halfvec as vector) with function halfvec_to_vector(halfvec, integer, boolean) as implicit;

-- Sums over two vectors of the same dimensions: the squared distance, the product, the lengths.
create function _vector_sums(
    a double precision[], b double precision[], out square double precision, out product double precision,
    out a_square double precision, out b_square double precision, out city double precision) language plpgsql immutable strict parallel safe as $$
begin
    if coalesce(array_length(a, 1), 0) <> coalesce(array_length(b, 1), 0) then
        raise exception 'different vector dimensions % and %', array_length(a, 1), array_length(b, 1) using errcode = 'data_exception';
    end if;
    select coalesce(sum((x - y) * (x - y)), 0), coalesce(sum(x * y), 0), coalesce(sum(x * x), 0), coalesce(sum(y * y), 0), coalesce(sum(abs(x - y)), 0)
        into square, product, a_square, b_square, city
        from unnest(a, b) as pair(x, y);
end
$$;

do $$
declare
    kind text;
    sums constant text := '_vector_sums(%1$s_to_float8($1), %1$s_to_float8($2))';
begin
    foreach kind in array array['vector', 'halfvec'] loop
        execute format(
            replace(
                $functions$
                create function l2_distance(%1$I, %1$I) returns double precision language sql immutable strict parallel safe return (select sqrt(square) from @sums@);
                create function inner_product(%1$I, %1$I) returns double precision language sql immutable strict parallel safe return (select product from @sums@);
                create function %1$s_negative_inner_product(%1$I, %1$I) returns double precision language sql immutable strict parallel safe return (select -product from @sums@);
                create function l1_distance(%1$I, %1$I) returns double precision language sql immutable strict parallel safe return (select city from @sums@);
                create function cosine_distance(%1$I, %1$I) returns double precision language sql immutable strict parallel safe return
                    (select case when a_square = 0 or b_square = 0 then 'NaN'
                                 else 1 - greatest(-1, least(1, product / sqrt(a_square * b_square))) end from @sums@);
                create function %1$s_dims(%1$I) returns integer language sql immutable strict parallel safe return array_length(%1$s_to_float8($1), 1);
                create function vector_norm_of_%1$s(%1$I) returns double precision language sql immutable strict parallel safe return
                    (select sqrt(sum(x * x)) from unnest(%1$s_to_float8($1)) as x);
                create function l2_normalize(%1$I) returns %1$I language sql immutable strict parallel safe return
                    (select ('[' || string_agg((case when vector_norm_of_%1$s($1) = 0 then 0 else x / vector_norm_of_%1$s($1) end)::real::text, ',' order by place) || ']')::%1$I
                     from unnest(%1$s_to_float8($1)) with ordinality as each(x, place));
                create function subvector(%1$I, integer, integer) returns %1$I language sql immutable strict parallel safe return
                    ('[' || array_to_string((%1$s_to_float8($1))[$2 : $2 + $3 - 1], ',') || ']')::%1$I;
                create function %1$s_hash(%1$I) returns integer language sql immutable strict parallel safe return hashfloat8((select sum(hashfloat8(x) * place) from unnest(%1$s_to_float8($1)) with ordinality as each(x, place)));
                create function %1$s_cmp(%1$I, %1$I) returns integer language sql immutable strict parallel safe return btarraycmp(%1$s_to_float8($1), %1$s_to_float8($2));
                create function %1$s_eq(%1$I, %1$I) returns boolean language sql immutable strict parallel safe return %1$s_to_float8($1) = %1$s_to_float8($2);
                create function %1$s_ne(%1$I, %1$I) returns boolean language sql immutable strict parallel safe return %1$s_to_float8($1) <> %1$s_to_float8($2);
                create function %1$s_lt(%1$I, %1$I) returns boolean language sql immutable strict parallel safe return %1$s_to_float8($1) < %1$s_to_float8($2);
                create function %1$s_le(%1$I, %1$I) returns boolean language sql immutable strict parallel safe return %1$s_to_float8($1) <= %1$s_to_float8($2);
                create function %1$s_gt(%1$I, %1$I) returns boolean language sql immutable strict parallel safe return %1$s_to_float8($1) > %1$s_to_float8($2);
                create function %1$s_ge(%1$I, %1$I) returns boolean language sql immutable strict parallel safe return %1$s_to_float8($1) >= %1$s_to_float8($2);
                create function %1$s_of(double precision[]) returns %1$I language sql immutable strict parallel safe return ('[' || array_to_string($1, ',') || ']')::%1$I;
                create function %1$s_add(%1$I, %1$I) returns %1$I language sql immutable strict parallel safe return
                    (select %1$s_of(array_agg(x + y order by place)) from unnest(%1$s_to_float8($1), %1$s_to_float8($2)) with ordinality as each(x, y, place));
                create function %1$s_sub(%1$I, %1$I) returns %1$I language sql immutable strict parallel safe return
                    (select %1$s_of(array_agg(x - y order by place)) from unnest(%1$s_to_float8($1), %1$s_to_float8($2)) with ordinality as each(x, y, place));
                create function %1$s_mul(%1$I, %1$I) returns %1$I language sql immutable strict parallel safe return
                    (select %1$s_of(array_agg(x * y order by place)) from unnest(%1$s_to_float8($1), %1$s_to_float8($2)) with ordinality as each(x, y, place));
                create operator <-> (leftarg = %1$I, rightarg = %1$I, function = l2_distance, commutator = <->);
                create operator <#> (leftarg = %1$I, rightarg = %1$I, function = %1$s_negative_inner_product, commutator = <#>);
                create operator <=> (leftarg = %1$I, rightarg = %1$I, function = cosine_distance, commutator = <=>);
                create operator <+> (leftarg = %1$I, rightarg = %1$I, function = l1_distance, commutator = <+>);
                create operator + (leftarg = %1$I, rightarg = %1$I, function = %1$s_add, commutator = +);
                create operator - (leftarg = %1$I, rightarg = %1$I, function = %1$s_sub);
                create operator * (leftarg = %1$I, rightarg = %1$I, function = %1$s_mul, commutator = *);
                create operator = (leftarg = %1$I, rightarg = %1$I, function = %1$s_eq, commutator = =, negator = <>, restrict = eqsel, join = eqjoinsel);
                create operator <> (leftarg = %1$I, rightarg = %1$I, function = %1$s_ne, commutator = <>, negator = =, restrict = neqsel, join = neqjoinsel);
                create operator < (leftarg = %1$I, rightarg = %1$I, function = %1$s_lt, commutator = >, negator = >=, restrict = scalarltsel, join = scalarltjoinsel);
                create operator <= (leftarg = %1$I, rightarg = %1$I, function = %1$s_le, commutator = >=, negator = >, restrict = scalarlesel, join = scalarlejoinsel);
                create operator > (leftarg = %1$I, rightarg = %1$I, function = %1$s_gt, commutator = <, negator = <=, restrict = scalargtsel, join = scalargtjoinsel);
                create operator >= (leftarg = %1$I, rightarg = %1$I, function = %1$s_ge, commutator = <=, negator = <, restrict = scalargesel, join = scalargejoinsel);
                create operator class %1$s_ops default for type %1$I using btree as
                    operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 %1$s_cmp(%1$I, %1$I);
                $functions$,
                '@sums@', sums),
            kind);
    end loop;
end
$$;

create function vector_norm(vector) returns double precision language sql immutable strict parallel safe return vector_norm_of_vector($1);
create function l2_norm(halfvec) returns double precision language sql immutable strict parallel safe return vector_norm_of_halfvec($1);

create function _vector_accumulate(double precision[], vector) returns double precision[] language sql immutable parallel safe return
    (select array_agg(coalesce(total, 0) + x order by place)
     from unnest(array[1.0::double precision] || vector_to_float8($2), coalesce($1, '{}')) with ordinality as each(x, total, place));
create function _vector_average(double precision[]) returns vector language sql immutable parallel safe return
    (select vector_of(array_agg(x / $1[1] order by place)) from unnest($1[2:]) with ordinality as each(x, place));
create function _vector_sum(double precision[]) returns vector language sql immutable parallel safe return vector_of($1[2:]);
create aggregate avg(vector) (sfunc = _vector_accumulate, stype = double precision[], finalfunc = _vector_average, parallel = safe);
create aggregate sum(vector) (sfunc = _vector_accumulate, stype = double precision[], finalfunc = _vector_sum, parallel = safe);

-- An index entry is a hash of the value, so it has room for any number of dimensions.
create access method hnsw type index handler hashhandler;
create access method ivfflat type index handler hashhandler;
do $$
declare
    method text;
    kind text;
    distance text;
begin
    foreach method in array array['hnsw', 'ivfflat'] loop
        foreach kind in array array['vector', 'halfvec'] loop
            foreach distance in array array['l2', 'ip', 'cosine', 'l1'] loop
                execute format(
                    'create operator class %1$s_%2$s_ops %3$s for type %1$I using %4$I as operator 1 =, function 1 %1$s_hash(%1$I)',
                    kind, distance, case when distance = 'l2' and method = 'ivfflat' then 'default' end, method);
            end loop;
        end loop;
    end loop;
end
$$;
