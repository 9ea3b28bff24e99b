using System.Text;
using System.Text.Json;
using RaftCluster.StateMachine.Json;

namespace RaftCluster.StateMachine;

/// <summary>
/// Compares JSON values as <see cref="ConditionSubject.Column"/> does: numbers exactly, whatever their length, strings by
/// their UTF-8 bytes, false is less than true; everything else is equal or not.
/// </summary>
public static class JsonValues
{
    /// <summary>Whether a comparison holds between two JSON texts; what is no JSON counts as null.</summary>
    /// <param name="left">What is found.</param>
    /// <param name="comparison">How it is compared.</param>
    /// <param name="right">What is named.</param>
    public static bool Holds(ReadOnlyMemory<byte> left, Comparison comparison, ReadOnlyMemory<byte> right)
    {
        using var found = JsonText.TryParse(left);
        using var named = JsonText.TryParse(right);
        return Holds(found?.RootElement ?? default, comparison, named?.RootElement ?? default);
    }

    /// <summary>Whether a comparison holds between two JSON values; undefined counts as null.</summary>
    /// <param name="left">What is found; its strings are text.</param>
    /// <param name="comparison">How it is compared.</param>
    /// <param name="right">What is named; its strings are text.</param>
    public static bool Holds(JsonElement left, Comparison comparison, JsonElement right)
    {
        if (comparison is Comparison.Equal or Comparison.NotEqual)
        {
            return AreEqual(left, right) == (comparison == Comparison.Equal);
        }

        return Order(left, right) is { } order && Comparisons.Holds(order, comparison);
    }

    private static int? Order(JsonElement left, JsonElement right) => (KindOf(left), KindOf(right)) switch
    {
        (JsonValueKind.Number, JsonValueKind.Number) => Number(left).CompareTo(Number(right)),
        (JsonValueKind.String, JsonValueKind.String) => Utf8(left).AsSpan().SequenceCompareTo(Utf8(right)),
        (JsonValueKind.True or JsonValueKind.False, JsonValueKind.True or JsonValueKind.False) =>
            (left.ValueKind == JsonValueKind.True).CompareTo(right.ValueKind == JsonValueKind.True),
        _ => null,
    };

    private static bool AreEqual(JsonElement left, JsonElement right) => (KindOf(left), KindOf(right)) switch
    {
        (JsonValueKind.Null, JsonValueKind.Null) => true,
        (JsonValueKind.Array, JsonValueKind.Array) => AreEqualArrays(left, right),
        (JsonValueKind.Object, JsonValueKind.Object) => AreEqualObjects(left, right),
        _ => Order(left, right) == 0,
    };

    private static bool AreEqualArrays(JsonElement left, JsonElement right)
    {
        if (left.GetArrayLength() != right.GetArrayLength())
        {
            return false;
        }

        using var others = right.EnumerateArray();
        foreach (var item in left.EnumerateArray())
        {
            if (!others.MoveNext() || !AreEqual(item, others.Current))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreEqualObjects(JsonElement left, JsonElement right)
    {
        var (members, others) = (Members(left), Members(right));
        return members.Count == others.Count
            && members.All(member => others.TryGetValue(member.Key, out var other) && AreEqual(member.Value, other));
    }

    // Of members with the same name the last one counts.
    private static Dictionary<string, JsonElement> Members(JsonElement json)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in json.EnumerateObject())
        {
            members[property.Name] = property.Value;
        }

        return members;
    }

    private static JsonValueKind KindOf(JsonElement json) =>
        json.ValueKind == JsonValueKind.Undefined ? JsonValueKind.Null : json.ValueKind;

    private static DecimalText Number(JsonElement json)
    {
        Invariant.Holds(
            DecimalText.TryParse(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(json), out var number),
            "a number in JSON is one");
        return number;
    }

    private static byte[] Utf8(JsonElement json) => Encoding.UTF8.GetBytes(json.GetString()!);
}
