using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace RaftCluster.Node.Http;

/// <summary>
/// What tells two requests of one idempotency key apart: XxHash128 over all that decides what a write does. How long it
/// may wait, how durable it is to be and the like are not of it, so that a retry may be more patient than the first try.
/// <code>
/// method, path (decoded), parameters (name, value; those that stand for headers left out),
/// precondition (its kind and revisions), content type, body; each with its length in front
/// </code>
/// </summary>
internal static class RequestHash
{
    /// <summary>The hash of a request.</summary>
    /// <param name="call">The request.</param>
    /// <param name="body">Its body.</param>
    public static UInt128 Of(Call call, ReadOnlySpan<byte> body)
    {
        var hash = new XxHash128();
        Append(hash, call.Method);
        Append(hash, PercentEncoding.Decode(call.Target.Path) ?? Encoding.UTF8.GetBytes(call.Target.Path));
        foreach (var (name, value) in call.Stated)
        {
            Append(hash, name);
            Append(hash, value);
        }

        var when = call.Terms.When;
        Append(hash, when.Kind.ToString());
        foreach (var revision in when.Revisions)
        {
            AppendNumber(hash, revision);
        }

        Append(hash, call.Request.ContentType ?? "");
        Append(hash, body);
        return hash.GetCurrentHashAsUInt128();
    }

    private static void Append(XxHash128 hash, string text) => Append(hash, Encoding.UTF8.GetBytes(text));

    private static void Append(XxHash128 hash, ReadOnlySpan<byte> part)
    {
        AppendNumber(hash, part.Length);
        hash.Append(part);
    }

    private static void AppendNumber(XxHash128 hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        hash.Append(bytes);
    }
}
