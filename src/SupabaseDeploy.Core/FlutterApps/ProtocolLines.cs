using System.Runtime.CompilerServices;
using System.Text;

namespace SupabaseDeploy.FlutterApps;

/// <summary>The lines of a stream. One that is longer than any message is passed over, so that what an application prints cannot fill the memory.</summary>
/// <param name="reader">The stream.</param>
/// <param name="limit">The length, in characters, of the longest line that is given.</param>
internal sealed class ProtocolLines(TextReader reader, int limit = ProtocolLines.UsualLimit)
{
    private const int UsualLimit = 4 * 1024 * 1024;

    /// <summary>Every line up to the stream's end, without its line feed.</summary>
    public async IAsyncEnumerable<string> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        bool isTooLong = false;
        char[] buffer = new char[8192];
        int count;
        while ((count = await reader.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            int start = 0;
            int feed;
            while ((feed = Array.IndexOf(buffer, '\n', start, count - start)) >= 0)
            {
                Append(feed - start);
                start = feed + 1;
                string whole = line.ToString();
                bool isGiven = !isTooLong;
                (isTooLong, _) = (false, line.Clear());
                if (isGiven)
                {
                    yield return whole.TrimEnd('\r');
                }
            }

            Append(count - start);

            void Append(int length)
            {
                isTooLong |= line.Length + length > limit;
                _ = isTooLong ? line.Clear() : line.Append(buffer, start, length);
            }
        }

        if (line.Length > 0)
        {
            yield return line.ToString();
        }
    }
}
