using System.Buffers;
using System.Text;
using System.Text.Json;
using CsCheck;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Json;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("{\"a\":\"\\ud83d\\ude00\"}", true)]
    [InlineData("{\"a\":\"\\\\ud83d\"}", true)]
    [InlineData("{\"a\":\"\\ud83d\"}", false)]
    [InlineData("{\"a\":\"\\ude00\\ud83d\"}", false)]
    [InlineData("{\"a\":\"\\ud83dx\\ude00\"}", false)]
    [InlineData("{\"\\uDC00\":1}", false)]
    [InlineData("\"\u00ff\"", false)]
    [InlineData("{\"a\":1} x", false)]
    [InlineData("", false)]
    [InlineData("// no\n1", false)]
    [InlineData("[1,]", false)]
    public void What_is_json_can_be_read_to_its_last_letter(string text, bool isJson)
    {
        using var json = JsonText.TryParse(Bytes(text));
        Assert.Equal(isJson, json is not null);
    }

    [Fact]
    public void Depth_is_bounded()
    {
        static string Nested(int depth) => new string('[', depth) + new string(']', depth);
        using var deepest = JsonText.TryParse(Bytes(Nested(64)));
        Assert.NotNull(deepest);
        using var deeper = JsonText.TryParse(Bytes(Nested(65)));
        Assert.Null(deeper);
    }

    [Fact]
    public void Whatever_bytes_come_nothing_is_thrown() => Gen.Select(
        Gen.OneOf("\\ud800", "\\udc00", "\"", "a", "{", "}", "[", "]", ":", ",", "1", "-", "e", ".", "\\", "\u00ff", "null", "\\u00", "\\n").Array[0, 12],
        Gen.Enum<Comparison>()).Sample(
            static (parts, comparison) =>
            {
                var text = Bytes(string.Concat(parts));
                var quoted = Bytes($"{{\"a\":\"{string.Concat(parts)}\",\"{string.Concat(parts)}\":1}}");
                JsonValues.Holds(text, comparison, quoted);
                JsonValues.Holds(quoted, comparison, quoted);
                using var json = JsonText.TryParse(quoted);
                if (json?.RootElement.ValueKind == JsonValueKind.Object)
                {
                    MergePatch.Apply(json.RootElement, json.RootElement, keepNulls: false);
                }
            },
            iter: 50_000);

    [Theory]
    [InlineData("{ \"a\" : 1.0 , \"b\":\"\\u0061\" }", "{\"c\":1E5}", "{\"a\":1.0,\"b\":\"\\u0061\",\"c\":1E5}")]
    [InlineData("{\"a\":1}", "{\"\\u0061\":2}", "{\"a\":2}")]
    [InlineData("{\"a\":1,\"a\":2}", "{\"b\":3,\"b\":4}", "{\"a\":2,\"b\":4}")]
    [InlineData("{\"a\":{\"b\":1}}", "{\"a\":{\"c\":{\"d\":null,\"e\":5}}}", "{\"a\":{\"b\":1,\"c\":{\"e\":5}}}")]
    [InlineData("{\"a\":1}", "{\"a\":null}", "{}")]
    [InlineData("[1]", "{\"a\":null,\"b\":1}", "{\"b\":1}")]
    public void A_patch_leaves_what_it_does_not_name(string target, string patch, string merged)
    {
        using var before = JsonDocument.Parse(target);
        using var with = JsonDocument.Parse(patch);
        Assert.Equal(merged, Text(MergePatch.Apply(before.RootElement, with.RootElement, keepNulls: false)));
    }

    [Fact]
    public void A_string_is_escaped_where_it_must_be_and_nowhere_else()
    {
        var quoted = new ArrayBufferWriter<byte>();
        JsonText.WriteString(quoted, "a\"\\\n\u001f\u007fü<😀");
        Assert.Equal("\"a\\\"\\\\\\u000a\\u001f\u007fü<😀\"", Encoding.UTF8.GetString(quoted.WrittenSpan));
        Assert.Equal("a\"\\\n\u001f\u007fü<😀", JsonSerializer.Deserialize<string>(quoted.WrittenSpan));
    }

    [Fact]
    public void Strings_are_ordered_by_their_utf8()
    {
        // In UTF-16 the second would come first.
        Assert.True(JsonValues.Holds(Encoding.UTF8.GetBytes("\"\uffee\""), Comparison.Less, Encoding.UTF8.GetBytes("\"😀\"")));
    }
}
