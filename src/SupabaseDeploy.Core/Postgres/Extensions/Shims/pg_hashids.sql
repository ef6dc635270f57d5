-- Hashids (https://hashids.org): short texts for numbers, by salt and alphabet. The same texts as pg_hashids makes.
create function hashids_shuffle(alphabet text, salt text) returns text language plpgsql immutable strict as $$
declare
    letters text[] := string_to_array(alphabet, null);
    letter text;
    place integer := 0;
    total integer := 0;
    code integer;
    other integer;
begin
    if salt = '' then
        return alphabet;
    end if;
    for i in reverse cardinality(letters) - 1 .. 1 loop
        place := place % length(salt);
        code := ascii(substr(salt, place + 1, 1));
        total := total + code;
        other := (code + place + total) % i;
        letter := letters[i + 1];
        letters[i + 1] := letters[other + 1];
        letters[other + 1] := letter;
        place := place + 1;
    end loop;
    return array_to_string(letters, '');
end
$$;

-- What salt and alphabet come to: the letters of digits, those between two numbers, those that fill up.
create function hashids_letters(salt text, inout alphabet text, out separators text, out guards text) language plpgsql immutable strict as $$
declare
    wanted integer;
begin
    select string_agg(letter, '' order by place) into alphabet
    from (select letter, min(place) as place from string_to_table(alphabet, null) with ordinality as letters(letter, place) group by letter) as distinct_letters;
    if length(alphabet) < 16 or strpos(alphabet, ' ') > 0 then
        raise exception 'the alphabet must have at least 16 different letters and no spaces' using errcode = 'invalid_parameter_value';
    end if;
    select coalesce(string_agg(letter, '' order by place), '') into separators
    from string_to_table('cfhistuCFHISTU', null) with ordinality as letters(letter, place) where strpos(alphabet, letter) > 0;
    alphabet := translate(alphabet, separators, '');
    separators := @extschema@.hashids_shuffle(separators, salt);
    if separators = '' or length(alphabet)::numeric / length(separators) > 3.5 then
        wanted := greatest(2, ceil(length(alphabet) / 3.5)::integer);
        if wanted > length(separators) then
            wanted := wanted - length(separators);
            separators := separators || left(alphabet, wanted);
            alphabet := substr(alphabet, wanted + 1);
        end if;
    end if;
    alphabet := @extschema@.hashids_shuffle(alphabet, salt);
    wanted := ceil(length(alphabet) / 12.0)::integer;
    if length(alphabet) < 3 then
        guards := left(separators, wanted);
        separators := substr(separators, wanted + 1);
    else
        guards := left(alphabet, wanted);
        alphabet := substr(alphabet, wanted + 1);
    end if;
end
$$;

create function id_encode(numbers bigint[], salt text, min_hash_length integer, letters text) returns text language plpgsql immutable strict as $$
declare
    set record := @extschema@.hashids_letters(salt, letters);
    alphabet text := set.alphabet;
    checksum bigint;
    lottery text;
    digits text;
    number bigint;
    result text;
begin
    if cardinality(numbers) = 0 then
        return '';
    end if;
    if 0 > any (numbers) then
        raise exception 'only numbers that are not negative have a hash' using errcode = 'invalid_parameter_value';
    end if;
    select sum(value % (place + 99)) into checksum from unnest(numbers) with ordinality as list(value, place);
    lottery := substr(alphabet, (checksum % length(alphabet))::integer + 1, 1);
    result := lottery;
    for i in 1 .. cardinality(numbers) loop
        number := numbers[i];
        alphabet := @extschema@.hashids_shuffle(alphabet, left(lottery || salt || alphabet, length(alphabet)));
        digits := '';
        loop
            digits := substr(alphabet, (number % length(alphabet))::integer + 1, 1) || digits;
            number := number / length(alphabet);
            exit when number = 0;
        end loop;
        result := result || digits;
        if i < cardinality(numbers) then
            number := numbers[i] % (ascii(digits) + i - 1);
            result := result || substr(set.separators, (number % length(set.separators))::integer + 1, 1);
        end if;
    end loop;
    if length(result) < min_hash_length then
        result := substr(set.guards, ((checksum + ascii(result)) % length(set.guards))::integer + 1, 1) || result;
        if length(result) < min_hash_length then
            result := result || substr(set.guards, ((checksum + ascii(substr(result, 3, 1))) % length(set.guards))::integer + 1, 1);
        end if;
    end if;
    while length(result) < min_hash_length loop
        alphabet := @extschema@.hashids_shuffle(alphabet, alphabet);
        result := substr(alphabet, length(alphabet) / 2 + 1) || result || left(alphabet, length(alphabet) / 2);
        if length(result) > min_hash_length then
            result := substr(result, (length(result) - min_hash_length) / 2 + 1, min_hash_length);
        end if;
    end loop;
    return result;
end
$$;

-- Empty for a text that is no hash of these letters.
create function id_decode(hash text, salt text, min_hash_length integer, letters text) returns bigint[] language plpgsql immutable strict as $$
declare
    set record := @extschema@.hashids_letters(salt, letters);
    alphabet text := set.alphabet;
    parts text[] := string_to_array(translate(hash, set.guards, repeat(' ', length(set.guards))), ' ');
    hashed text := coalesce(parts[case when cardinality(parts) in (2, 3) then 2 else 1 end], '');
    digits text;
    number numeric;
    numbers bigint[] := '{}';
begin
    if hashed = '' or translate(hash, set.alphabet || set.separators || set.guards, '') <> '' then
        return '{}';
    end if;
    foreach digits in array string_to_array(translate(substr(hashed, 2), set.separators, repeat(' ', length(set.separators))), ' ') loop
        alphabet := @extschema@.hashids_shuffle(alphabet, left(left(hashed, 1) || salt || alphabet, length(alphabet)));
        number := 0;
        for i in 1 .. length(digits) loop
            number := number * length(alphabet) + strpos(alphabet, substr(digits, i, 1)) - 1;
        end loop;
        if number > 9223372036854775807 then
            return '{}';
        end if;
        numbers := numbers || number::bigint;
    end loop;
    return case when @extschema@.id_encode(numbers, salt, min_hash_length, letters) = hash then numbers else '{}' end;
end
$$;

create function id_encode(bigint[]) returns text language sql immutable strict return id_encode($1, '', 0, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890');
create function id_encode(bigint[], text) returns text language sql immutable strict return id_encode($1, $2, 0, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890');
create function id_encode(bigint[], text, integer) returns text language sql immutable strict return id_encode($1, $2, $3, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890');

create function id_encode(bigint) returns text language sql immutable strict return id_encode(array[$1]);
create function id_encode(bigint, text) returns text language sql immutable strict return id_encode(array[$1], $2);
create function id_encode(bigint, text, integer) returns text language sql immutable strict return id_encode(array[$1], $2, $3);
create function id_encode(bigint, text, integer, text) returns text language sql immutable strict return id_encode(array[$1], $2, $3, $4);

create function id_decode(text, text, integer) returns bigint[] language sql immutable strict return id_decode($1, $2, $3, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890');
create function id_decode(text, text) returns bigint[] language sql immutable strict return id_decode($1, $2, 0);
create function id_decode(text) returns bigint[] language sql immutable strict return id_decode($1, '', 0);

create function id_decode_once(text) returns bigint language sql immutable strict return (id_decode($1))[1];
create function id_decode_once(text, text) returns bigint language sql immutable strict return (id_decode($1, $2))[1];
create function id_decode_once(text, text, integer) returns bigint language sql immutable strict return (id_decode($1, $2, $3))[1];
create function id_decode_once(text, text, integer, text) returns bigint language sql immutable strict return (id_decode($1, $2, $3, $4))[1];

-- The names before 1.2.
create function hash_encode(bigint) returns text language sql immutable strict return id_encode($1);
create function hash_encode(bigint, text) returns text language sql immutable strict return id_encode($1, $2);
create function hash_encode(bigint, text, integer) returns text language sql immutable strict return id_encode($1, $2, $3);
create function hash_decode(text, text, integer) returns integer language sql immutable strict return id_decode_once($1, $2, $3)::integer;
