using System.Text.Json;

namespace RaftCluster.Node.Tables;

/// <summary>What the values of a column are.</summary>
internal enum ColumnType
{
    String,
    Number,
    Boolean,
    Object,
    Array,

    /// <summary>Any of the others.</summary>
    Any,
}

/// <summary>How the types are written, and what is of them.</summary>
internal static class ColumnTypes
{
    /// <summary>The names, in the order of the types.</summary>
    public static readonly string[] Names = ["string", "number", "boolean", "object", "array", "any"];

    /// <summary>The name of a type.</summary>
    public static string Name(this ColumnType type) => Names[(int)type];

    /// <summary>Reads a type's name.</summary>
    public static bool TryParse(string? name, out ColumnType type)
    {
        var at = Array.IndexOf(Names, name);
        type = (ColumnType)Math.Max(0, at);
        return at >= 0;
    }

    /// <summary>Whether a value that begins with this token is of the type. Null is of none.</summary>
    public static bool Holds(this ColumnType type, JsonTokenType token) => (type, token) switch
    {
        (_, JsonTokenType.Null) => false,
        (ColumnType.Any, _) => true,
        (ColumnType.String, JsonTokenType.String) => true,
        (ColumnType.Number, JsonTokenType.Number) => true,
        (ColumnType.Boolean, JsonTokenType.True or JsonTokenType.False) => true,
        (ColumnType.Object, JsonTokenType.StartObject) => true,
        (ColumnType.Array, JsonTokenType.StartArray) => true,
        _ => false,
    };

    /// <summary>Whether a value is of the type. Null is of none.</summary>
    public static bool Holds(this ColumnType type, in JsonElement value) => type.Holds(TokenOf(value.ValueKind));

    /// <summary>What a value is, for whoever sent it where another was expected.</summary>
    public static string Describe(in JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        _ => "null",
    };

    private static JsonTokenType TokenOf(JsonValueKind kind) => kind switch
    {
        JsonValueKind.String => JsonTokenType.String,
        JsonValueKind.Number => JsonTokenType.Number,
        JsonValueKind.True => JsonTokenType.True,
        JsonValueKind.False => JsonTokenType.False,
        JsonValueKind.Object => JsonTokenType.StartObject,
        JsonValueKind.Array => JsonTokenType.StartArray,
        _ => JsonTokenType.Null,
    };
}
