using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RaftCluster.StateMachine.Leases;

/// <summary>
/// A lease as its row in <see cref="SystemTables.Leases"/> says it, always with the same bytes:
/// <code>{"ttl":10000,"implicit":false,"created":1700000000000000,"owner":"…"}</code>
/// The owner is left out when there is none. The row's key is the id in decimal.
/// </summary>
/// <param name="TtlMs">How long it lasts without a sign of life, in milliseconds.</param>
/// <param name="Implicit">It was made by a put, and ends with its last row.</param>
/// <param name="Created">When it was made, in microseconds since 1970 (UTC).</param>
/// <param name="Owner">Who asked for it, for people to read; null when nobody said.</param>
public sealed record LeaseRecord(long TtlMs, bool Implicit, long Created, string? Owner = null)
{
    /// <summary>The longest owner, of a lease or a lock, in bytes of UTF-8.</summary>
    public const int MaximumOwnerLength = 256;

    /// <summary>
    /// How many rows a lease may have: all of them go in one revision, so this bounds what a node applies, and a reader of the
    /// feed is sent, at once.
    /// </summary>
    public const int MaximumRows = 10_000;

    /// <summary>A lease's key among the rows.</summary>
    public static byte[] KeyOf(long id) => Encoding.ASCII.GetBytes(id.ToString(NumberFormatInfo.InvariantInfo));

    /// <summary>The lease that a key means.</summary>
    public static long IdOf(ReadOnlySpan<byte> key)
    {
        Invariant.Holds(
            long.TryParse(key, NumberStyles.None, NumberFormatInfo.InvariantInfo, out var id), "a lease's key is its id");
        return id;
    }

    /// <summary>All leases of a picture.</summary>
    public static IEnumerable<(long Id, LeaseRecord Lease)> All(IRowReader picture) =>
        picture.Range(SystemTables.Leases, KeyRange.All, picture.Position.Revision)
            .Select(row => (IdOf(row.Key.Span), Read(row.Value.Span)));

    /// <summary>For how long each of them holds without a sign of life.</summary>
    public static List<(long Id, TimeSpan Term)> Terms(IRowReader picture)
    {
        var terms = new List<(long, TimeSpan)>();
        foreach (var (id, lease) in All(picture))
        {
            terms.Add((id, TimeSpan.FromMilliseconds(lease.TtlMs)));
        }

        return terms;
    }

    /// <summary>Reads a lease's row.</summary>
    /// <exception cref="InvariantException">It is not one that <see cref="ToJson"/> wrote.</exception>
    public static LeaseRecord Read(ReadOnlySpan<byte> json)
    {
        var (ttl, isImplicit, created, owner) = (0L, false, 0L, (string?)null);
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString();
                reader.Read();
                switch (name)
                {
                    case "ttl":
                        ttl = reader.GetInt64();
                        break;
                    case "implicit":
                        isImplicit = reader.GetBoolean();
                        break;
                    case "created":
                        created = reader.GetInt64();
                        break;
                    case "owner":
                        owner = reader.GetString();
                        break;
                    default:
                        throw new InvariantException($"a lease's row has no member {name}");
                }
            }
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvariantException($"a lease's row is JSON: {failure.Message}");
        }

        Invariant.Holds(ttl > 0, "a lease's row says how long it lasts");
        return new LeaseRecord(ttl, isImplicit, created, owner);
    }

    /// <summary>Its row's value.</summary>
    public byte[] ToJson()
    {
        var json = new RowJson();
        json.Begin('{');
        json.Member("ttl", TtlMs);
        json.Member("implicit", Implicit);
        json.Member("created", Created);
        json.Member("owner", Owner);
        json.End('}');
        return json.ToArray();
    }
}
