using Npgsql;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Postgres;

public sealed class ShimExtensionsTests : IAsyncLifetime
{
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Every_shim_is_created_and_dropped_by_postgres_in_each_version_and_says_once_what_it_is()
    {
        string[] inUse = await ColumnAsync("select name from pg_available_extensions where comment like 'Shim: %' and installed_version is null");
        ShimExtension[] shims = [.. ShimExtensions.All.Where(shim => inUse.Contains(shim.Name))];
        Assert.Contains(shims, shim => shim.Name == "pg_cron");
        foreach (ShimExtension shim in shims)
        {
            foreach (string version in shim.OtherVersions.Append(shim.Version))
            {
                IReadOnlyList<PostgresNotice> told = await NoticesAsync($"""create extension "{shim.Name}" version '{version}' cascade""");
                Assert.Equal(ShimExtensions.WarningState, Assert.Single(told, notice => notice.Severity == "WARNING").SqlState);
                await _database.ExecuteAsync($"""comment on extension "{shim.Name}" is 'ours'; drop extension "{shim.Name}" """);
            }
        }
    }

    [Fact]
    public async Task What_the_server_has_is_not_replaced() =>
        Assert.Equal(
            "citext hstore moddatetime pg_stat_statements pg_trgm postgres_fdw unaccent",
            await _database.ScalarAsync<string>(
                """
                select string_agg(name, ' ' order by name) from pg_available_extensions
                where comment not like 'Shim: %' and name in ('citext', 'hstore', 'moddatetime', 'pg_stat_statements', 'pg_trgm', 'postgres_fdw', 'unaccent')
                """));

    [Theory]
    [InlineData("create extension moddatetime with schema extensions")]
    [InlineData("create extension if not exists postgres_fdw")]
    [InlineData("drop extension if exists pg_stat_statements; create extension pg_stat_statements with schema extensions")]
    [InlineData("drop extension pg_graphql; create extension pg_graphql")]
    [InlineData("drop extension \"uuid-ossp\"; create extension \"uuid-ossp\" with schema public")]
    [InlineData("create extension if not exists pgsodium with schema pgsodium")]
    [InlineData("create schema if not exists pgmq; create extension if not exists pgmq with schema pgmq version '1.4.4'")]
    [InlineData("set search_path = ''; create extension if not exists pg_tle; create extension pg_cron with schema pg_catalog")]
    [InlineData("grant usage on schema net to anon, authenticated; grant usage on schema cron to postgres")]
    public Task Postgres_may_do_with_extensions_what_it_may_on_the_platform(string sql) => _database.ExecuteAsync(sql);

    [Fact]
    public async Task Cron_records_jobs_under_their_names_and_refuses_what_pg_cron_refuses()
    {
        await _database.ExecuteAsync(
            """
            create extension pg_cron;
            select cron.schedule('nightly', '0 3 * * *', 'select 1'), cron.schedule('30 seconds', 'select 2');
            select cron.schedule('nightly', '0 4 * * *', 'select 3');
            select cron.alter_job(2, active := false);
            """);

        Assert.Equal(
            ["1 nightly 0 4 * * * select 3 postgres t", "2  30 seconds select 2 postgres f"],
            await ColumnAsync("select format('%s %s %s %s %s %s', jobid, jobname, schedule, command, username, active) from cron.job order by jobid"));
        Assert.Equal("invalid schedule: every night", await RefusalAsync("select cron.schedule('x', 'every night', 'select 1')"));
        Assert.Equal("could not find valid entry for job 'other'", await RefusalAsync("select cron.unschedule('other')"));
        Assert.Equal("permission denied for table job", await RefusalAsync("delete from cron.job"));
        Assert.True(await _database.ScalarAsync<bool>("select cron.unschedule('nightly')"));
    }

    [Fact]
    public async Task Net_records_requests_and_sends_none()
    {
        await _database.ExecuteAsync("create extension pg_net; select net.http_post('http://127.0.0.1:1/x', body := '{\"a\": 1}', params := '{\"q\": \"a b&é\"}', headers := '{\"X\": \"y\"}')");

        Assert.Equal(
            """POST http://127.0.0.1:1/x?q=a%20b%26%C3%A9 {"a": 1} {"X": "y", "Content-Type": "application/json"}""",
            await _database.ScalarAsync<string>("select format('%s %s %s %s', method, url, convert_from(body, 'UTF8'), headers) from net.http_request_queue"));
        Assert.Contains("will never be answered", await RefusalAsync("select net.http_collect_response(1, false)"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http_refuses_to_invent_an_answer()
    {
        await _database.ExecuteAsync("create extension http with schema extensions");

        Assert.Equal("GET http://127.0.0.1:1/ was not sent: http is a shim on this server", await RefusalAsync("select status from http_get('http://127.0.0.1:1/')"));
        Assert.Equal("a=b+%26".Replace("+", "%20", StringComparison.Ordinal), await _database.ScalarAsync<string>("select urlencode('{\"a\": \"b &\"}'::jsonb)"));
    }

    [Fact]
    public async Task A_token_of_pgjwt_is_the_one_of_its_documentation()
    {
        await _database.ExecuteAsync("create extension pgjwt with schema extensions");

        Assert.Equal(
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiYWRtaW4iOnRydWV9.TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ",
            await _database.ScalarAsync<string>("""select sign('{"sub":"1234567890","name":"John Doe","admin":true}', 'secret')"""));
        Assert.Equal(
            "t f f",
            await _database.ScalarAsync<string>(
                """
                select string_agg(valid::text::"char"::text, ' ' order by place) from (values
                    (1, sign('{"exp": 9999999999}', 's'), 's'), (2, sign('{"exp": 1}', 's'), 's'), (3, sign('{}', 's'), 'other')) as token(place, token, secret)
                cross join lateral verify(token, secret)
                """));
    }

    // The first five are pg_hashids' own; the others were made with the package hashids 2.3 of npm.
    [Theory]
    [InlineData("1001", "jNl")]
    [InlineData("1234567, 'This is my salt'", "Pdzxp")]
    [InlineData("1234567, 'This is my salt', 10", "PlRPdzxpR7")]
    [InlineData("1234567, 'This is my salt', 10, 'abcdefghijABCDxFGHIJ1234567890'", "3GJ956J9B9")]
    [InlineData("1", "jR")]
    [InlineData("array[1, 2, 3], 'this is my salt'", "laHquq")]
    [InlineData("array[1, 2, 3], 's', 30", "M35b0zZVQ9E6jVSbs36jk2vx1Yw8Gn")]
    [InlineData("9223372036854775807", "p21ZD04m8GQ42")]
    [InlineData("array[7, 0, 99999999], 'x', 5, 'abcdefghijklmnopqrst'", "aehafelgnbmgr")]
    public async Task A_text_of_pg_hashids_is_that_of_every_hashids(string arguments, string hash)
    {
        await _database.ExecuteAsync("create extension pg_hashids with schema extensions");
        string[] split = arguments.Split(arguments.StartsWith("array", StringComparison.Ordinal) ? "], " : ", ", 2);
        string settings = split.Length > 1 ? ", " + split[1] : "";

        Assert.Equal(hash, await _database.ScalarAsync<string>($"select id_encode({arguments})"));
        Assert.True(await _database.ScalarAsync<bool>($"select id_encode(id_decode('{hash}'{settings}){settings}) = '{hash}'"));
        Assert.Equal("{} {}", await _database.ScalarAsync<string>($"select format('%s %s', id_decode(''{settings}), id_decode('no hash!'{settings}))"));
    }

    [Fact]
    public async Task A_queue_hands_out_each_message_once_until_its_time_is_over()
    {
        await _database.ExecuteAsync("create extension pgmq; select pgmq.create('jobs'); select pgmq.send('jobs', '{\"n\": 1}'); select pgmq.send_batch('jobs', array['{\"n\": 2}', '{\"n\": 3}']::jsonb[]); select pgmq.send('jobs', '{\"n\": 4}', 3600)");

        Assert.Equal(["1 1", "2 1"], await ColumnAsync("select format('%s %s', message ->> 'n', read_ct) from pgmq.read('jobs', 3600, 2)"));
        Assert.Equal(["3"], await ColumnAsync("select message ->> 'n' from pgmq.pop('jobs')"));
        Assert.Empty(await ColumnAsync("select message ->> 'n' from pgmq.read('jobs', 0, 10)"));
        Assert.True(await _database.ScalarAsync<bool>("select pgmq.archive('jobs', 1) and pgmq.delete('jobs', 2) and not pgmq.delete('jobs', 2)"));
        Assert.Equal("1 0 4", await _database.ScalarAsync<string>("select format('%s %s %s', queue_length, queue_visible_length, total_messages) from pgmq.metrics('jobs')"));
        Assert.Equal(1, await _database.ScalarAsync<long>("select count(*) from pgmq.a_jobs"));
        Assert.True(await _database.ScalarAsync<bool>("select pgmq.drop_queue('jobs')"));
        Assert.Empty(await ColumnAsync("select queue_name::text from pgmq.list_queues()"));
    }

    [Fact]
    public async Task A_secret_lies_encrypted_in_its_table()
    {
        await _database.ExecuteAsync("select vault.create_secret('first', 'made'); insert into vault.secrets (name, secret) values ('inserted', 'second'); select vault.update_secret(id, 'third') from vault.secrets where name = 'made'");

        Assert.Equal(["inserted second t", "made third t"], await ColumnAsync("select format('%s %s %s', name, decrypted_secret, secret !~ decrypted_secret) from vault.decrypted_secrets order by name"));
        Assert.Equal("permission denied for table local_key", await RefusalAsync("set role service_role; select * from vault.local_key"));
    }

    [Fact]
    public async Task Pgsodium_decrypts_what_it_encrypted_and_nothing_that_was_changed()
    {
        await _database.ExecuteAsync("create extension pgsodium; select pgsodium.create_key(name := 'k')");
        const string Key = "(select id from pgsodium.valid_key where name = 'k')";
        string cipher = await _database.ScalarAsync<string>($"select encode(pgsodium.crypto_aead_det_encrypt('hello', 'about', {Key}, null), 'hex')");

        Assert.Equal("hello", await _database.ScalarAsync<string>($"select convert_from(pgsodium.crypto_aead_det_decrypt(decode('{cipher}', 'hex'), 'about', {Key}, null), 'UTF8')"));
        Assert.Equal(
            "pgsodium_crypto_aead_det_decrypt: invalid ciphertext",
            await RefusalAsync($"select pgsodium.crypto_aead_det_decrypt(decode('{cipher}', 'hex'), 'other', {Key}, null)"));
    }

    [Fact]
    public async Task Vectors_are_compared_exactly_and_checked_for_their_dimensions()
    {
        await _database.ExecuteAsync(
            """
            create extension vector with schema extensions;
            create table documents (id int primary key, embedding vector(3), small extensions.halfvec(3));
            insert into documents values (1, '[1,0,0]', '[1,0,0]'), (2, '[0, 2, 0]', null), (3, array[0.6, 0.8, 0]::vector, null);
            create index on documents using hnsw (embedding vector_cosine_ops);
            create index on documents using ivfflat (embedding vector_l2_ops);
            """);

        Assert.Equal(["1 0 0 -1", "3 0.4 0.894427 -0.6", "2 1 2.236068 -0"], await ColumnAsync(
            """
            select format('%s %s %s %s', id, round((embedding <=> '[1,0,0]')::numeric, 6)::float4, round((embedding <-> '[1,0,0]')::numeric, 6)::float4, (embedding <#> '[1,0,0]')::float4)
            from documents order by embedding <=> '[1,0,0]'
            """));
        Assert.Equal("expected 3 dimensions, not 2", await RefusalAsync("insert into documents values (4, '[1,2]')"));
        Assert.Equal("invalid input syntax for type vector: \"{1,2,3}\"", await RefusalAsync("insert into documents values (4, '{1,2,3}')"));
        Assert.Equal("different vector dimensions 3 and 2", await RefusalAsync("select embedding <-> '[1,2]' from documents"));
        Assert.Equal("vector(3)", await _database.ScalarAsync<string>("select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'documents'::regclass and attname = 'embedding'"));
    }

    [Theory]
    [InlineData("""{"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "maxLength": 2}}, "additionalProperties": false}""", """{"a": "xy"}""", true)]
    [InlineData("""{"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "maxLength": 2}}, "additionalProperties": false}""", """{"a": "xyz"}""", false)]
    [InlineData("""{"additionalProperties": false, "patternProperties": {"^x": {}}}""", """{"xa": 1, "b": 2}""", false)]
    [InlineData("""{"type": "array", "items": {"$ref": "#/$defs/even"}, "$defs": {"even": {"multipleOf": 2}}}""", "[2, 4]", true)]
    [InlineData("""{"type": "array", "items": {"$ref": "#/$defs/even"}, "$defs": {"even": {"multipleOf": 2}}}""", "[2, 3]", false)]
    [InlineData("""{"oneOf": [{"type": "integer"}, {"minimum": 2}]}""", "1", true)]
    [InlineData("""{"oneOf": [{"type": "integer"}, {"minimum": 2}]}""", "3", false)]
    [InlineData("""{"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"maxProperties": 0}}""", """{"a": 1, "b": 2}""", true)]
    [InlineData("""{"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"maxProperties": 0}}""", """{"c": 1}""", false)]
    [InlineData("""{"enum": ["a", null, 1]}""", "null", true)]
    [InlineData("""{"type": ["string", "null"]}""", "1", false)]
    public async Task A_document_is_judged_by_its_schema(string schema, string instance, bool expected)
    {
        await _database.ExecuteAsync("create extension pg_jsonschema with schema extensions");

        Assert.Equal(expected, await _database.ScalarAsync<bool>($"select jsonb_matches_schema('{schema}', '{instance}')"));
    }

    [Fact]
    public async Task A_keyword_that_would_change_the_verdict_is_refused_by_name()
    {
        await _database.ExecuteAsync("create extension pg_jsonschema with schema extensions");

        Assert.Equal(
            "pg_jsonschema is a shim on this server and does not know the keyword \"unevaluatedItems\"",
            await RefusalAsync("select jsonb_matches_schema('{\"unevaluatedItems\": false}', '[1]')"));
    }

    private async Task<string[]> ColumnAsync(string sql)
    {
        await using NpgsqlConnection connection = await _database.Application.OpenAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(sql, connection);
        await using NpgsqlDataReader rows = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await rows.ReadAsync())
        {
            values.Add(rows.GetString(0));
        }

        return [.. values];
    }

    private async Task<string> RefusalAsync(string sql) =>
        (await Assert.ThrowsAsync<PostgresException>(() => _database.ExecuteAsync(sql))).MessageText;

    private async Task<IReadOnlyList<PostgresNotice>> NoticesAsync(string sql)
    {
        var told = new List<PostgresNotice>();
        await using NpgsqlConnection connection = await _database.Application.OpenAsync(CancellationToken.None);
        connection.Notice += (_, notice) => told.Add(notice.Notice);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
        return told;
    }
}
