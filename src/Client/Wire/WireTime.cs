using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RaftCluster.Client;

/// <summary>A time as the API writes it: <c>500ms</c>, <c>10s</c>, <c>2m</c>, <c>1h</c>; or a number of milliseconds.</summary>
internal sealed class WireTime : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType switch
        {
            JsonTokenType.Number => TimeSpan.FromMilliseconds(reader.GetDouble()),
            JsonTokenType.String => Parse(reader.GetString()!),
            _ => throw new JsonException("A time is text or a number of milliseconds."),
        };

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(WireNames.Of(value));

    private static TimeSpan Parse(string text)
    {
        var digits = text.AsSpan().TrimEnd("abcdefghijklmnopqrstuvwxyz");
        double? unit = text[digits.Length..] switch
        {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => null,
        };
        return unit is { } milliseconds && double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? TimeSpan.FromMilliseconds(number * milliseconds)
            : throw new JsonException($"'{text}' is no time.");
    }
}
