using System.Buffers;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using RaftCluster.Node.Tables;

namespace RaftCluster.Node.Http;

/// <summary>A request's body that is JSON, read whole and checked.</summary>
/// <param name="Body">The bytes as they came.</param>
/// <param name="Document">What they say.</param>
internal sealed record JsonRequest(byte[] Body, JsonDocument Document) : IDisposable
{
    /// <summary>What is taken as JSON. The form is what curl calls a body whose type nobody stated.</summary>
    public static readonly string[] Types = ["application/json", "application/x-www-form-urlencoded"];

    /// <summary>What is taken as something to merge.</summary>
    public static readonly string[] PatchTypes = ["application/merge-patch+json", "application/json"];

    /// <summary>The JSON.</summary>
    public JsonElement Json => Document.RootElement;

    /// <summary>Reads a request's body.</summary>
    /// <param name="call">The request.</param>
    /// <param name="most">The most bytes it may have.</param>
    /// <param name="types">The media types it may have; the first may be left out unless it must be stated.</param>
    /// <param name="mustState">Whether the media type must be stated.</param>
    public static async ValueTask<(Problem? Problem, JsonRequest? Request)> ReadAsync(
        Call call, int most, string[] types, bool mustState = false)
    {
        if (CheckType(call.Request.ContentType, types, mustState) is { } wrong)
        {
            return (wrong, null);
        }

        var (problem, read) = await RequestBody.ReadAsync(call, most);
        if (problem is not null)
        {
            return (problem, null);
        }

        var body = read.ToArray();
        call.Request.BodyReader.AdvanceTo(read.End);
        return StrictJson.Check(body) is { } fault
            ? (Refuse(fault), null)
            : (null, new JsonRequest(body, JsonDocument.Parse(body, StrictJson.Options)));
    }

    /// <summary>The problem that a fault in a body is: the field is its place.</summary>
    public static Problem Refuse(Fault fault)
    {
        var field = fault.Place.Length == 0 ? "body" : fault.Place;
        return new Problem(
            fault.Kind switch
            {
                FaultKind.TooLong => ProblemCode.TooLarge,
                FaultKind.NotSupported => ProblemCode.NotSupported,
                _ => ProblemCode.Malformed,
            },
            $"{field} {fault.Detail}",
            field);
    }

    /// <inheritdoc/>
    public void Dispose() => Document.Dispose();

    private static Problem? CheckType(string? stated, string[] types, bool mustState)
    {
        var isStated = MediaTypeHeaderValue.TryParse(stated, out var type);
        var isTaken = isStated
            ? types.Contains(type!.MediaType.Value, StringComparer.OrdinalIgnoreCase)
                && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            : string.IsNullOrEmpty(stated) && !mustState;
        return isTaken
            ? null
            : new Problem(ProblemCode.UnsupportedMediaType, $"the body must be {types[0]}; nothing was done", "Content-Type");
    }
}
