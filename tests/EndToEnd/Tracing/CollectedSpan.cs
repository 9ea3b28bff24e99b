using Google.Protobuf;

namespace RaftCluster.Tests.EndToEnd.Tracing;

/// <summary>A span as a collector gets it.</summary>
/// <param name="Trace">Its trace, in hexadecimal.</param>
/// <param name="Id">Its own id.</param>
/// <param name="Parent">The span that it is a step of; empty for none.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">1 internal, 2 server, 3 client.</param>
/// <param name="Begun">When it began, in nanoseconds since 1970.</param>
/// <param name="Ended">When it ended.</param>
/// <param name="Attributes">Its attributes, numbers and truth values as text.</param>
/// <param name="Resource">Those of the program that tells of it.</param>
internal sealed record CollectedSpan(
    string Trace, string Id, string Parent, string Name, int Kind, ulong Begun, ulong Ended,
    IReadOnlyDictionary<string, string> Attributes, IReadOnlyDictionary<string, string> Resource)
{
    /// <summary>The node that tells of it.</summary>
    public string Node => Resource["service.instance.id"];

    /// <summary>Reads the body of an export request (<c>ExportTraceServiceRequest</c>).</summary>
    public static IReadOnlyList<CollectedSpan> Read(byte[] request)
    {
        var spans = new List<CollectedSpan>();
        Each(request, (field, resourceSpans) =>
        {
            Assert.Equal(1, field);
            var resource = new Dictionary<string, string>(StringComparer.Ordinal);
            Each(resourceSpans, (part, content) =>
            {
                if (part == 1)
                {
                    Each(content, (member, attribute) => Add(resource, member == 1 ? attribute : null));
                }
                else if (part == 2)
                {
                    Each(content, (member, span) =>
                    {
                        if (member == 2)
                        {
                            spans.Add(Span(span, resource));
                        }
                    });
                }
            });
        });
        return spans;
    }

    private static CollectedSpan Span(byte[] span, IReadOnlyDictionary<string, string> resource)
    {
        var (trace, id, parent, name) = ("", "", "", "");
        var (kind, begun, ended) = (0, 0UL, 0UL);
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        using var input = new CodedInputStream(span);
        while (input.ReadTag() is > 0 and var tag)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    trace = Hex(input);
                    break;
                case 2:
                    id = Hex(input);
                    break;
                case 4:
                    parent = Hex(input);
                    break;
                case 5:
                    name = input.ReadString();
                    break;
                case 6:
                    kind = input.ReadEnum();
                    break;
                case 7:
                    begun = input.ReadFixed64();
                    break;
                case 8:
                    ended = input.ReadFixed64();
                    break;
                case 9:
                    Add(attributes, input.ReadBytes().ToByteArray());
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        return new CollectedSpan(trace, id, parent, name, kind, begun, ended, attributes, resource);
    }

    private static void Add(Dictionary<string, string> attributes, byte[]? pair)
    {
        if (pair is null)
        {
            return;
        }

        var (name, value) = ("", "");
        using var input = new CodedInputStream(pair);
        while (input.ReadTag() is > 0 and var tag)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    name = input.ReadString();
                    break;
                case 2:
                    value = Value(input.ReadBytes().ToByteArray());
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        attributes[name] = value;
    }

    private static string Value(byte[] any)
    {
        using var input = new CodedInputStream(any);
        return WireFormat.GetTagFieldNumber(input.ReadTag()) switch
        {
            1 => input.ReadString(),
            2 => input.ReadBool() ? "true" : "false",
            3 => input.ReadInt64().ToString(System.Globalization.CultureInfo.InvariantCulture),
            _ => "?",
        };
    }

    private static string Hex(CodedInputStream input) => Convert.ToHexStringLower(input.ReadBytes().Span);

    /// <summary>Every part of a message that is bytes.</summary>
    private static void Each(byte[] message, Action<int, byte[]> part)
    {
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is > 0 and var tag)
        {
            if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
            {
                part(WireFormat.GetTagFieldNumber(tag), input.ReadBytes().ToByteArray());
            }
            else
            {
                input.SkipLastField();
            }
        }
    }
}
