using System.Text;

namespace RaftCluster.Node.Http.Transactions;

/// <summary>A value of kv in JSON: text in <c>value</c>, or any bytes as base64 in <c>value64</c>.</summary>
internal static class OpaqueValue
{
    /// <summary>Takes the value, which must be there.</summary>
    public static byte[] Read(ObjectReader reader)
    {
        if (reader.Has("value64"))
        {
            if (reader.Has("value"))
            {
                reader.Fail("value64", "is stated beside value: one or the other");
            }

            return Decode(reader, reader.Text("value64"));
        }

        if (!reader.Has("value"))
        {
            reader.Fail("value", "is missing");
        }

        return Encoding.UTF8.GetBytes(reader.Text("value") ?? "");
    }

    private static byte[] Decode(ObjectReader reader, string? text)
    {
        var bytes = new byte[text?.Length ?? 0];
        if (Convert.TryFromBase64String(text ?? "", bytes, out var length))
        {
            return bytes[..length];
        }

        reader.Fail("value64", "is no base64");
        return [];
    }
}
