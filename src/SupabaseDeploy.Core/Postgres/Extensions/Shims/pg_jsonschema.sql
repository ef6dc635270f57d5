-- JSON Schema in PL/pgSQL: the keywords of validation that schemas in databases use. A keyword that would change the verdict and is not
-- known here is refused by name instead of being passed over. "format" and other annotations are not checked, as in the original's default.
create function _jsonschema_errors(root jsonb, schema jsonb, instance jsonb, at text) returns setof text language plpgsql immutable as $$
declare
    kind constant text := jsonb_typeof(instance);
    number_value numeric := case when jsonb_typeof(instance) = 'number' then (instance #>> '{}')::numeric end;
    text_value text := case when jsonb_typeof(instance) = 'string' then instance #>> '{}' end;
    size integer := case jsonb_typeof(instance) when 'array' then jsonb_array_length(instance)
        when 'object' then (select count(*) from jsonb_object_keys(instance)) when 'string' then length(instance #>> '{}') end;
    unknown text;
    part record;
    matches integer;
    target jsonb;
begin
    if jsonb_typeof(schema) = 'boolean' then
        if schema = 'false' then
            return next format('False schema does not allow %s', instance);
        end if;
        return;
    end if;
    if jsonb_typeof(schema) <> 'object' then
        raise exception 'a JSON schema must be an object or a boolean, not %', schema;
    end if;

    select key into unknown from jsonb_object_keys(schema) as key
        where key in ('$dynamicRef', '$recursiveRef', 'unevaluatedProperties', 'unevaluatedItems', 'dependencies', 'additionalItems') limit 1;
    if found then
        raise exception 'pg_jsonschema is a shim on this server and does not know the keyword "%"', unknown using errcode = 'feature_not_supported';
    end if;

    if schema ? '$ref' then
        if schema ->> '$ref' !~ '^#(/|$)' then
            raise exception 'pg_jsonschema is a shim on this server and does not follow the reference "%"', schema ->> '$ref' using errcode = 'feature_not_supported';
        end if;
        target := root #> (select coalesce(array_agg(replace(replace(step, '~1', '/'), '~0', '~') order by place), '{}')
            from regexp_split_to_table(substr(schema ->> '$ref', 3), '/') with ordinality as each(step, place) where schema ->> '$ref' not in ('#', '#/'));
        if target is null then
            raise exception 'the reference "%" leads nowhere in the schema', schema ->> '$ref';
        end if;
        return query select * from @extschema@._jsonschema_errors(root, target, instance, at);
    end if;

    if schema ? 'type' and not exists (
        select from jsonb_array_elements_text(case jsonb_typeof(schema -> 'type') when 'array' then schema -> 'type' else jsonb_build_array(schema -> 'type') end) as allowed
        where allowed = kind or allowed = 'integer' and kind = 'number' and number_value = trunc(number_value)) then
        return next format('%s is not of type %s', instance, schema -> 'type');
    end if;
    if schema ? 'enum' and not exists (select from jsonb_array_elements(schema -> 'enum') as allowed where allowed = instance) then
        return next format('%s is not one of %s', instance, schema -> 'enum');
    end if;
    if schema ? 'const' and schema -> 'const' <> instance then
        return next format('%s was expected', schema -> 'const');
    end if;

    if kind = 'number' then
        if number_value < (schema ->> 'minimum')::numeric then return next format('%s is less than the minimum of %s', instance, schema -> 'minimum'); end if;
        if number_value > (schema ->> 'maximum')::numeric then return next format('%s is greater than the maximum of %s', instance, schema -> 'maximum'); end if;
        if number_value <= (schema ->> 'exclusiveMinimum')::numeric then return next format('%s is less than or equal to the minimum of %s', instance, schema -> 'exclusiveMinimum'); end if;
        if number_value >= (schema ->> 'exclusiveMaximum')::numeric then return next format('%s is greater than or equal to the maximum of %s', instance, schema -> 'exclusiveMaximum'); end if;
        if number_value % (schema ->> 'multipleOf')::numeric <> 0 then return next format('%s is not a multiple of %s', instance, schema -> 'multipleOf'); end if;
    elsif kind = 'string' then
        if size < (schema ->> 'minLength')::numeric then return next format('%s is shorter than %s characters', instance, schema -> 'minLength'); end if;
        if size > (schema ->> 'maxLength')::numeric then return next format('%s is longer than %s characters', instance, schema -> 'maxLength'); end if;
        if text_value !~ (schema ->> 'pattern') then return next format('%s does not match %s', instance, schema -> 'pattern'); end if;
    elsif kind = 'array' then
        if size < (schema ->> 'minItems')::numeric then return next format('%s has less than %s items', instance, schema -> 'minItems'); end if;
        if size > (schema ->> 'maxItems')::numeric then return next format('%s has more than %s items', instance, schema -> 'maxItems'); end if;
        if schema -> 'uniqueItems' = 'true' and size > (select count(distinct item) from jsonb_array_elements(instance) as item) then
            return next format('%s has non-unique elements', instance);
        end if;
        for part in
            select case when place <= coalesce(jsonb_array_length(tuple), 0) then tuple -> (place - 1)::integer else rest end as expected, item, place - 1 as index
            from jsonb_array_elements(instance) with ordinality as each(item, place),
                 (select case when jsonb_typeof(schema -> 'items') = 'array' then schema -> 'items' else schema -> 'prefixItems' end as tuple,
                         case when jsonb_typeof(schema -> 'items') <> 'array' then schema -> 'items' end as rest) as rules
        loop
            if part.expected is not null then
                return query select * from @extschema@._jsonschema_errors(root, part.expected, part.item, at || '/' || part.index);
            end if;
        end loop;
        if schema ? 'contains' then
            select count(*) into matches from jsonb_array_elements(instance) as item
                where not exists (select from @extschema@._jsonschema_errors(root, schema -> 'contains', item, at));
            if matches < coalesce((schema ->> 'minContains')::numeric, 1) or matches > (schema ->> 'maxContains')::numeric then
                return next format('%s of %s match the schema of "contains"', matches, instance);
            end if;
        end if;
    elsif kind = 'object' then
        if size < (schema ->> 'minProperties')::numeric then return next format('%s has less than %s properties', instance, schema -> 'minProperties'); end if;
        if size > (schema ->> 'maxProperties')::numeric then return next format('%s has more than %s properties', instance, schema -> 'maxProperties'); end if;
        return query select format('"%s" is a required property', name)
            from jsonb_array_elements_text(coalesce(schema -> 'required', '[]')) as name where not instance ? name;
        return query select format('"%s" is a required property', name)
            from jsonb_each(coalesce(schema -> 'dependentRequired', '{}')) as rule, jsonb_array_elements_text(rule.value) as name
            where instance ? rule.key and not instance ? name;
        for part in select rule.key, rule.value from jsonb_each(coalesce(schema -> 'dependentSchemas', '{}')) as rule where instance ? rule.key loop
            return query select * from @extschema@._jsonschema_errors(root, part.value, instance, at);
        end loop;
        for part in
            select member.key, member.value, rule.expected
            from jsonb_each(instance) as member
            cross join lateral (
                select schema -> 'properties' -> member.key as expected where schema -> 'properties' ? member.key
                union all
                select pattern.value from jsonb_each(coalesce(schema -> 'patternProperties', '{}')) as pattern where member.key ~ pattern.key
                union all
                select schema -> 'additionalProperties' where schema ? 'additionalProperties'
                    and not coalesce(schema -> 'properties' ? member.key, false)
                    and not exists (select from jsonb_object_keys(coalesce(schema -> 'patternProperties', '{}')) as pattern where member.key ~ pattern)) as rule
        loop
            if part.expected = 'false' then
                return next format('Additional properties are not allowed (''%s'' was unexpected)', part.key);
            else
                return query select * from @extschema@._jsonschema_errors(root, part.expected, part.value, at || '/' || part.key);
            end if;
        end loop;
        if schema ? 'propertyNames' then
            return query select name_error from jsonb_object_keys(instance) as name,
                @extschema@._jsonschema_errors(root, schema -> 'propertyNames', to_jsonb(name), at) as name_error;
        end if;
    end if;

    return query select error from jsonb_array_elements(coalesce(schema -> 'allOf', '[]')) as each, @extschema@._jsonschema_errors(root, each, instance, at) as error;
    if schema ? 'anyOf' or schema ? 'oneOf' then
        select count(*) into matches from jsonb_array_elements(coalesce(schema -> 'oneOf', schema -> 'anyOf')) as each
            where not exists (select from @extschema@._jsonschema_errors(root, each, instance, at));
        if matches = 0 then
            return next format('%s is not valid under any of the schemas listed in the ''%s'' keyword', instance, case when schema ? 'oneOf' then 'oneOf' else 'anyOf' end);
        elsif matches > 1 and schema ? 'oneOf' then
            return next format('%s is valid under more than one of the schemas listed in the ''oneOf'' keyword', instance);
        end if;
        if schema ? 'oneOf' and schema ? 'anyOf' and not exists (
            select from jsonb_array_elements(schema -> 'anyOf') as each where not exists (select from @extschema@._jsonschema_errors(root, each, instance, at))) then
            return next format('%s is not valid under any of the schemas listed in the ''anyOf'' keyword', instance);
        end if;
    end if;
    if schema ? 'not' and not exists (select from @extschema@._jsonschema_errors(root, schema -> 'not', instance, at)) then
        return next format('%s is not allowed for %s', schema -> 'not', instance);
    end if;
    if schema ? 'if' then
        target := case when exists (select from @extschema@._jsonschema_errors(root, schema -> 'if', instance, at)) then schema -> 'else' else schema -> 'then' end;
        if target is not null then
            return query select * from @extschema@._jsonschema_errors(root, target, instance, at);
        end if;
    end if;
end
$$;

create function jsonschema_validation_errors(schema json, instance json) returns text[] language sql immutable strict as $$
    select coalesce(array_agg(error), '{}') from @extschema@._jsonschema_errors(schema::jsonb, schema::jsonb, instance::jsonb, '') as error
$$;
create function jsonb_matches_schema(schema json, instance jsonb) returns boolean language sql immutable strict as $$
    select not exists (select from @extschema@._jsonschema_errors(schema::jsonb, schema::jsonb, instance, ''))
$$;
create function json_matches_schema(schema json, instance json) returns boolean language sql immutable strict as $$
    select not exists (select from @extschema@._jsonschema_errors(schema::jsonb, schema::jsonb, instance::jsonb, ''))
$$;
-- A schema is judged by its types of keywords alone.
create function jsonschema_is_valid(schema json) returns boolean language sql immutable strict as $$
    select json_typeof(schema) in ('object', 'boolean')
       and not exists (
            select from jsonb_each(case json_typeof(schema) when 'object' then schema::jsonb else '{}' end) as rule
            where rule.key in ('properties', 'patternProperties', '$defs', 'definitions') and jsonb_typeof(rule.value) <> 'object'
               or rule.key in ('required', 'enum', 'allOf', 'anyOf', 'oneOf', 'prefixItems') and jsonb_typeof(rule.value) <> 'array'
               or rule.key = 'type' and not (
                    jsonb_typeof(rule.value) in ('string', 'array')
                    and (case jsonb_typeof(rule.value) when 'array' then rule.value else jsonb_build_array(rule.value) end)
                        <@ '["null", "boolean", "object", "array", "number", "string", "integer"]'::jsonb)
               or rule.key in ('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength', 'minItems', 'maxItems')
                    and jsonb_typeof(rule.value) <> 'number')
$$;
