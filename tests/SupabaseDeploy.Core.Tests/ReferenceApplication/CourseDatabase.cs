using Npgsql;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.ReferenceApplication;

/// <summary>A database with the reference application's migrations and seed, for tests that roll back what they do.</summary>
public sealed class CourseDatabase : IAsyncLifetime
{
    private TestDatabase? _database;

    public static string[] Migrations { get; } = [.. Directory.GetFiles(Path.Combine(Repository.Root, "migrations"), "*.sql").Order(StringComparer.Ordinal)];

    public static string Seed { get; } = Path.Combine(Repository.Root, "supabase", "seed.sql");

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        foreach (string file in (string[])[.. Migrations, Seed])
        {
            await _database.ExecuteAsync(await File.ReadAllTextAsync(file));
        }
    }

    public async ValueTask DisposeAsync() => await _database!.DisposeAsync();

    /// <summary>As the role that migrates; row-level security does not concern it.</summary>
    public Task<NpgsqlConnection> OpenAsync() => _database!.Application.OpenAsync(CancellationToken.None);
}

/// <summary>Short forms for tests.</summary>
internal static class Sql
{
    public static async Task<List<string>> ColumnAsync(this NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync())
        {
            values.Add(reader.GetValue(0).ToString()!);
        }

        return values;
    }

    public static async Task<int> ExecuteAsync(this NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (object value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>The rest of the transaction runs as a request of this user does.</summary>
    public static async Task SignInAsync(this NpgsqlConnection connection, string userId)
    {
        await connection.ExecuteAsync($"set local role authenticated; set local request.jwt.claims = '{{\"sub\": \"{userId}\", \"role\": \"authenticated\"}}'");
    }
}
