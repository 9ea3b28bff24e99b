using System.Buffers;

namespace RaftCluster.Node.Http;

/// <summary>Reads a request's body, within a limit.</summary>
internal static class RequestBody
{
    /// <summary>The longest body of a request that is more than one value, in bytes.</summary>
    public const int Longest = 4 << 20;

    /// <summary>Waits until all of a body is here that may be as long as a value.</summary>
    public static ValueTask<(Problem? Problem, ReadOnlySequence<byte> Body)> ReadAsync(Call call) =>
        ReadAsync(call, call.Api.Options.MaxValue);

    /// <summary>
    /// Waits until all of the body is here. It stays where the server received it; whoever gets it copies it once and
    /// then advances the request's reader to its end.
    /// </summary>
    public static async ValueTask<(Problem? Problem, ReadOnlySequence<byte> Body)> ReadAsync(Call call, int most)
    {
        if (call.Request.ContentLength > most)
        {
            return (TooLarge(most), default);
        }

        var reader = call.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(call.Aborted);
            if (read.Buffer.Length > most)
            {
                reader.AdvanceTo(read.Buffer.Start);
                return (TooLarge(most), default);
            }

            if (read.IsCompleted)
            {
                return (null, read.Buffer);
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static Problem TooLarge(int most) =>
        new(ProblemCode.TooLarge, $"the body has more than {most} bytes", "body");
}
