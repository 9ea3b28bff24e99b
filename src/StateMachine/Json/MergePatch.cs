using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace RaftCluster.StateMachine.Json;

/// <summary>
/// Merges one JSON object into another (RFC 7396). What the patch does not name keeps its bytes, numbers their digits; of
/// members with the same name the last one counts.
/// </summary>
internal static class MergePatch
{
    /// <summary>Merges.</summary>
    /// <param name="target">What is patched; anything but an object counts as an empty one.</param>
    /// <param name="patch">The patch, an object.</param>
    /// <param name="keepNulls">Whether a null among the patch's own members is written instead of removing.</param>
    public static byte[] Apply(JsonElement target, JsonElement patch, bool keepNulls)
    {
        var json = new ArrayBufferWriter<byte>();
        Write(json, target, patch, keepNulls);
        return json.WrittenSpan.ToArray();
    }

    private static void Write(ArrayBufferWriter<byte> json, JsonElement target, JsonElement patch, bool keepNulls)
    {
        var isFirst = true;
        json.Write("{"u8);
        foreach (var member in Members(target, patch))
        {
            if (member.Patch.ValueKind == JsonValueKind.Null && !keepNulls)
            {
                continue;
            }

            json.Write(isFirst ? "\""u8 : ",\""u8);
            isFirst = false;
            json.Write(JsonMarshal.GetRawUtf8PropertyName(member.Property));
            json.Write("\":"u8);
            switch (member.Patch.ValueKind)
            {
                case JsonValueKind.Undefined:
                    json.Write(JsonMarshal.GetRawUtf8Value(member.Property.Value));
                    break;
                case JsonValueKind.Object:
                    Write(json, member.Target, member.Patch, keepNulls: false);
                    break;
                default:
                    json.Write(JsonMarshal.GetRawUtf8Value(member.Patch));
                    break;
            }
        }

        json.Write("}"u8);
    }

    private static List<Member> Members(JsonElement target, JsonElement patch)
    {
        var members = new List<Member>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        if (target.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in target.EnumerateObject())
            {
                Place(property) = new Member(property, property.Value, default);
            }
        }

        foreach (var property in patch.EnumerateObject())
        {
            ref var member = ref Place(property);
            member = new Member(member.Target.ValueKind == JsonValueKind.Undefined ? property : member.Property, member.Target, property.Value);
        }

        return members;

        ref Member Place(in JsonProperty property)
        {
            if (!places.TryGetValue(property.Name, out var place))
            {
                place = members.Count;
                places.Add(property.Name, place);
                members.Add(default);
            }

            return ref CollectionsMarshal.AsSpan(members)[place];
        }
    }

    /// <param name="Property">Where its name, as it is written, stands.</param>
    /// <param name="Target">Its value in the target; undefined when it has none.</param>
    /// <param name="Patch">Its value in the patch; undefined when it has none.</param>
    private readonly record struct Member(JsonProperty Property, JsonElement Target, JsonElement Patch);
}
