using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace RaftCluster.Client;

/// <summary>An HTTP response as an <see cref="Attempt.Answered"/>.</summary>
internal static class AnswerReader
{
    internal static async Task<Attempt.Answered> ReadAsync(
        HttpResponseMessage response, TimeProvider time, CancellationToken cancellation)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        return new Attempt.Answered(
            response.StatusCode,
            Headers(response),
            body,
            (int)response.StatusCode >= 400 ? ProblemIn(response, body) : null,
            RetryAfter(response.Headers.RetryAfter, time));
    }

    private static AnswerHeaders Headers(HttpResponseMessage response)
    {
        var headers = response.Headers;
        return new AnswerHeaders(
            First(headers, "Raft-Session"),
            First(headers, "Raft-Node"),
            First(headers, "Raft-Leader"),
            Number(First(headers, "Raft-Revision")),
            Number(First(headers, "Raft-Term")),
            Number(First(headers, "Raft-Staleness")) is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
            Number(First(headers, "ETag")?.Trim('"')),
            Number(First(headers, "Raft-Version")),
            response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var type) ? type.ToString() : null)
        {
            Replayed = First(headers, "Raft-Replayed") == "true",
            Location = First(headers, "Location"),
        };
    }

    private static Problem? ProblemIn(HttpResponseMessage response, byte[] body)
    {
        if (body.Length == 0 || response.Content.Headers.ContentType?.MediaType is not ("application/problem+json" or "application/json"))
        {
            return null;
        }

        try
        {
            var problem = JsonSerializer.Deserialize(body, ClientJson.Default.Problem);
            return problem is null ? null : problem with { Status = (int)response.StatusCode };
        }
        catch (JsonException)
        {
            // Something between this client and the node wrote it: the status alone speaks.
            return null;
        }
    }

    private static TimeSpan? RetryAfter(RetryConditionHeaderValue? header, TimeProvider time) => header switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
        _ => null,
    };

    private static string? First(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
