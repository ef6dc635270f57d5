using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// A short value that two lists of statements share only if they are the same. The server computes it of a row, we of a file, so that
/// finding out that a thousand files are as they were applied moves no statement over the network.
/// </summary>
internal static class StatementDigest
{
    /// <summary>The same value by the server; an empty list for a row without statements. No MD5: servers in FIPS mode lack it.</summary>
    public const string Sql =
        @"coalesce(cardinality(statements), 0) || ':' || encode(sha256(convert_to(coalesce(array_to_string(statements, E'\x01'), ''), 'UTF8')), 'hex')";

    /// <summary>The value of an empty list.</summary>
    public static string OfNothing { get; } = Of([]);

    public static string Of(IReadOnlyList<string> statements)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < statements.Count; i++)
        {
            hash.AppendData(i == 0 ? [] : [1]);
            hash.AppendData(Encoding.UTF8.GetBytes(statements[i]));
        }

        return string.Create(CultureInfo.InvariantCulture, $"{statements.Count}:{Convert.ToHexStringLower(hash.GetHashAndReset())}");
    }
}
