using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Testing;

/// <summary>The state of one project of a <see cref="ManagementApiServer"/>, and what its operations do to it.</summary>
public sealed partial class ManagementApiProject
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Queue<string> _statuses = [];

    internal ManagementApiProject(string reference)
    {
        Reference = reference;
        Auth = Sample("v1-get-auth-service-config");
        Auth["disable_signup"] = false;
        Auth["jwt_exp"] = 3600;
        Auth["mailer_autoconfirm"] = false;
        Auth["site_url"] = "http://localhost:3000";
        DataApi = Sample("v1-get-postgrest-service-config");
        DataApi["db_schema"] = "public,graphql_public";
        DataApi["max_rows"] = 1000;
    }

    /// <summary>Its reference.</summary>
    public string Reference { get; }

    /// <summary>Where it stands: <c>ACTIVE_HEALTHY</c>, <c>INACTIVE</c>, <c>RESTORING</c>, …</summary>
    public string Status { get; set; } = "ACTIVE_HEALTHY";

    /// <summary>What <c>database/query</c> runs on; also the direct host and port, and the session pooler unless one is named.</summary>
    public DatabaseAddress? Database { get; set; }

    /// <summary>As superuser: makes the login roles.</summary>
    public DatabaseAddress? Administration { get; set; }

    /// <summary>Name of the direct host.</summary>
    public string DatabaseHost { get; set; } = "db.invalid";

    /// <summary>Version of PostgreSQL.</summary>
    public string DatabaseVersion { get; set; } = "15.8.1.040";

    /// <summary>The poolers, as the API lists them: host, port, user, mode.</summary>
    public List<(string Host, int Port, string User, string Mode)> Poolers { get; } = [];

    /// <summary>Status by service; those not named are healthy.</summary>
    public Dictionary<string, string> Services { get; } = [];

    /// <summary>Addresses that are banned.</summary>
    public List<string> Bans { get; } = [];

    /// <summary>Ranges that may connect.</summary>
    public List<string> AllowedRanges { get; } = ["0.0.0.0/0", "::/0"];

    /// <summary>True when the disk was full and only reading is allowed.</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>Bytes free on the disk.</summary>
    public long FreeSpace { get; set; } = 6_000_000_000;

    public JsonObject Auth { get; }

    public JsonObject DataApi { get; }

    public JsonObject Postgres { get; } = [];

    /// <summary>Settings of the database that have these values where nobody put others.</summary>
    public JsonObject PostgresDefaults { get; } = [];

    /// <summary>The passwords of the login roles it made.</summary>
    public List<string> LoginPasswords { get; } = [];

    /// <summary>Name, kind and value of its API keys.</summary>
    public List<(string Name, string Type, string Key)> ApiKeys { get; } = [("anon", "legacy", "anon-key"), ("service_role", "legacy", "service-key")];

    /// <summary>Goes through these states, one for each time it is asked, and stays at the last one.</summary>
    public void GoThrough(params string[] statuses)
    {
        foreach (string status in statuses)
        {
            _statuses.Enqueue(status);
        }
    }

    /// <summary>From now on its restore has failed, whatever it was to go through.</summary>
    public void Fail() => GoThroughOnly("RESTORE_FAILED");

    internal async Task<ManagementApiAnswer> AnswerAsync(string operationId, IReadOnlyDictionary<string, string> path, ManagementApiForm form)
    {
        await _one.WaitAsync();
        try
        {
            return operationId switch
            {
                "v1-get-project" => new(200, Describe()),
                "v1-get-services-health" => new(200, new JsonArray([.. form.AllServices.Select(DescribeHealth)])),
                "v1-get-readonly-mode-status" => new(200, new JsonObject { ["enabled"] = IsReadOnly, ["override_enabled"] = false, ["override_active_until"] = "" }),
                "v1-get-disk-utilization" => new(200, DescribeDisk()),
                "v1-run-a-query" => await QueryAsync(form.Body!.Value),
                "v1-get-pooler-config" => new(200, new JsonArray([.. Poolers.Select(DescribePooler)])),
                "v1-create-login-role" => await CreateLoginRoleAsync(form.Body!.Value),
                "v1-delete-login-roles" => await DeleteLoginRolesAsync(),
                "v1-list-all-network-bans" => new(201, new JsonObject { ["banned_ipv4_addresses"] = Texts(Bans) }),
                "v1-get-network-restrictions" => new(200, DescribeRestrictions()),
                "v1-get-project-api-keys" => new(200, new JsonArray([.. ApiKeys.Select(key => DescribeKey(key, form))])),
                "v1-get-auth-service-config" => new(200, Auth.DeepClone()),
                "v1-update-auth-service-config" => Update(Auth, form),
                "v1-get-postgrest-service-config" => new(200, DataApi.DeepClone()),
                "v1-update-postgrest-service-config" => Update(DataApi, form),
                "v1-get-postgres-config" => new(200, Postgres.DeepClone()),
                "v1-update-postgres-config" => Replace(Postgres, PostgresDefaults, form),
                _ => AnswerAboutFunctions(operationId, path, form) ?? await AnswerAboutBackupsAsync(operationId, form)
                    ?? throw new NotSupportedException($"Operation '{operationId}' is not played."),
            };
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>A value of the schema of an operation's answer, with nothing in it.</summary>
    private static JsonObject Sample(string operationId)
    {
        ManagementApiOperation operation = ManagementApiContract.Instance.Operations.Single(operation => operation.Id == operationId);
        JsonElement schema = ManagementApiContract.Instance.AnswerSchema(operation);
        var sample = new JsonObject();
        foreach (JsonProperty property in schema.GetProperty("properties").EnumerateObject())
        {
            bool isNullable = property.Value.TryGetProperty("nullable", out JsonElement nullable) && nullable.GetBoolean();
            sample[property.Name] = isNullable ? null : property.Value.GetProperty("type").GetString() switch
            {
                "boolean" => false,
                "integer" or "number" => 0,
                _ => "",
            };
        }

        return sample;
    }

    private void GoThroughOnly(string status)
    {
        _statuses.Clear();
        _statuses.Enqueue(status);
    }

    private JsonObject Describe()
    {
        if (_statuses.TryDequeue(out string? next))
        {
            Status = next;
        }

        return new JsonObject
        {
            ["id"] = Reference,
            ["ref"] = Reference,
            ["organization_id"] = "org",
            ["organization_slug"] = "org",
            ["name"] = "courses",
            ["region"] = "eu-central-1",
            ["created_at"] = "2026-01-01T00:00:00Z",
            ["status"] = Status,
            ["database"] = new JsonObject { ["host"] = DatabaseHost, ["version"] = DatabaseVersion, ["postgres_engine"] = DatabaseVersion.Split('.')[0], ["release_channel"] = "ga" },
        };
    }

    private JsonObject DescribeHealth(string service)
    {
        string status = Services.GetValueOrDefault(service, "ACTIVE_HEALTHY");
        var health = new JsonObject { ["name"] = service, ["healthy"] = status == "ACTIVE_HEALTHY", ["status"] = status };
        if (status == "UNHEALTHY")
        {
            health["error"] = $"{service} does not answer";
        }

        return health;
    }

    private JsonObject DescribeDisk() => new()
    {
        ["timestamp"] = "2026-11-23T05:00:00Z",
        ["metrics"] = new JsonObject { ["fs_size_bytes"] = 8_000_000_000, ["fs_avail_bytes"] = FreeSpace, ["fs_used_bytes"] = 8_000_000_000 - FreeSpace },
    };

    private static JsonObject DescribePooler((string Host, int Port, string User, string Mode) pooler) => new()
    {
        ["identifier"] = "pooler",
        ["database_type"] = "PRIMARY",
        ["is_using_scram_auth"] = true,
        ["db_user"] = pooler.User,
        ["db_host"] = pooler.Host,
        ["db_port"] = pooler.Port,
        ["db_name"] = "postgres",
        ["connection_string"] = "",
        ["connectionString"] = "",
        ["default_pool_size"] = null,
        ["max_client_conn"] = null,
        ["pool_mode"] = pooler.Mode,
    };

    private JsonObject DescribeRestrictions() => new()
    {
        ["entitlement"] = "allowed",
        ["config"] = new JsonObject { ["dbAllowedCidrs"] = Texts(AllowedRanges.Where(range => !range.Contains(':', StringComparison.Ordinal))), ["dbAllowedCidrsV6"] = Texts(AllowedRanges.Where(range => range.Contains(':', StringComparison.Ordinal))) },
        ["status"] = "applied",
    };

    private static JsonObject DescribeKey((string Name, string Type, string Key) key, ManagementApiForm form) => new()
    {
        ["name"] = key.Name,
        ["type"] = key.Type,
        ["api_key"] = form.Query.GetValueOrDefault("reveal") == "true" ? key.Key : null,
    };

    /// <summary>Runs the statement in the real database, as the platform does.</summary>
    private async Task<ManagementApiAnswer> QueryAsync(JsonElement body)
    {
        DatabaseAddress database = Database ?? throw new InvalidOperationException("The project has no database.");
        await using NpgsqlConnection connection = await database.OpenAsync(CancellationToken.None, "management api");
        bool isReadOnly = body.TryGetProperty("read_only", out JsonElement readOnly) && readOnly.GetBoolean();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        try
        {
            await using var command = new NpgsqlCommand((isReadOnly ? "set transaction read only;" : "") + body.GetProperty("query").GetString(), connection, transaction);
            var rows = new JsonArray();
            await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                {
                    var row = new JsonObject();
                    for (int column = 0; column < reader.FieldCount; column++)
                    {
                        row[reader.GetName(column)] = await reader.IsDBNullAsync(column) ? null : JsonValue.Create(Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture));
                    }

                    rows.Add(row);
                }
            }

            await transaction.CommitAsync();
            return new(201, rows);
        }
        catch (PostgresException e)
        {
            return new(400, new JsonObject { ["message"] = $"Failed to run sql query: {e.MessageText}" });
        }
    }

    private async Task<ManagementApiAnswer> CreateLoginRoleAsync(JsonElement body)
    {
        string role = $"cli_login_{(body.GetProperty("read_only").GetBoolean() ? "supabase_read_only_user" : "postgres")}";
        string password = Guid.NewGuid().ToString("N");
        LoginPasswords.Add(password);
        await AdministerAsync(
            $"do $$ begin if to_regrole('{role}') is null then create role {role} login noinherit; end if; end $$; alter role {role} login password '{password}' valid until 'infinity'; grant postgres to {role}");
        return new(201, new JsonObject { ["role"] = role, ["password"] = password, ["ttl_seconds"] = 3600 });
    }

    private async Task<ManagementApiAnswer> DeleteLoginRolesAsync()
    {
        await AdministerAsync("drop role if exists cli_login_postgres, cli_login_supabase_read_only_user");
        return new(200, new JsonObject { ["message"] = "ok" });
    }

    private async Task AdministerAsync(string sql)
    {
        DatabaseAddress database = Administration ?? throw new InvalidOperationException("The project has no administration.");
        await using NpgsqlConnection connection = await database.OpenAsync(CancellationToken.None, "management api");
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static ManagementApiAnswer Update(JsonObject settings, ManagementApiForm form)
    {
        foreach (JsonProperty property in form.Body!.Value.EnumerateObject().Where(property => property.Name != "restart_database"))
        {
            settings[property.Name] = JsonNode.Parse(property.Value.GetRawText());
        }

        return new(200, settings.DeepClone());
    }

    private static ManagementApiAnswer Replace(JsonObject settings, JsonObject defaults, ManagementApiForm form)
    {
        settings.Clear();
        foreach ((string name, JsonNode? value) in defaults)
        {
            settings[name] = value?.DeepClone();
        }

        return Update(settings, form);
    }

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => JsonValue.Create(text))];
}
