using System.Security.Cryptography;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// What tells, without the statements themselves, whether a file still holds those of its row. The server says how long each one is and
/// hashes them all; we cut the file's bytes into such lengths and hash those. So a thousand files that are as they were applied cost one
/// query, no statement goes over the network, and no file is parsed.
/// </summary>
/// <param name="Lengths">The length of each statement in UTF-8 bytes; empty when the row keeps none.</param>
/// <param name="Hash">SHA-256 of the statements, with a byte 1 between them.</param>
internal sealed record RecordedStatements(int[] Lengths, byte[] Hash)
{
    /// <summary>Both, as the server computes them of a row. No MD5: servers in FIPS mode lack it.</summary>
    public const string Sql =
        """
        array(select octet_length(convert_to(s, 'UTF8')) from unnest(statements) with ordinality u (s, i) where s is not null order by i),
        sha256(convert_to(coalesce(array_to_string(statements, E'\x01'), ''), 'UTF8'))
        """;

    private static readonly byte[] s_none = SHA256.HashData([]);

    /// <summary>What a row without statements is.</summary>
    public static RecordedStatements None { get; } = new([], s_none);

    /// <summary>True when the file holds these statements in this order, and nothing else but what separates statements.</summary>
    public bool AreIn(ReadOnlySpan<byte> file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        bool endsByItself = false;
        for (int i = 0; i < Lengths.Length; i++)
        {
            ReadOnlySpan<byte> next = AfterSeparators(file);
            bool isApart = i == 0 || endsByItself || file[..^next.Length].Contains((byte)';');
            if (!isApart || next.Length < Lengths[i])
            {
                return false;
            }

            file = next;

            hash.AppendData(i == 0 ? [] : [1]);
            hash.AppendData(file[..Lengths[i]]);
            endsByItself = file[..Lengths[i]].EndsWith("\\."u8); // The rows of a COPY.
            file = file[Lengths[i]..];
        }

        return AfterSeparators(file).IsEmpty && hash.GetHashAndReset().AsSpan().SequenceEqual(Hash);
    }

    private static ReadOnlySpan<byte> AfterSeparators(ReadOnlySpan<byte> file)
    {
        while (SeparatorLength(file) is > 0 and int length)
        {
            file = file[length..];
        }

        return file;
    }

    // ASCII spaces and the semicolon, and the two others that stand between statements in real files: no-break space and byte order mark.
    private static int SeparatorLength(ReadOnlySpan<byte> file) => file switch
    {
        [(byte)' ' or (byte)';' or (>= (byte)'\t' and <= (byte)'\r'), ..] => 1,
        [0xC2, 0xA0, ..] => 2,
        [0xEF, 0xBB, 0xBF, ..] => 3,
        _ => 0,
    };
}
