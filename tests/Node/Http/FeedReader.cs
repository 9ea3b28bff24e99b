using System.Globalization;
using System.Text.Json;

namespace RaftCluster.Tests.Node.Http;

/// <summary>One event as it came.</summary>
/// <param name="Name">Its name: change, progress, closed, error.</param>
/// <param name="Id">Its id; null for none.</param>
/// <param name="Data">Its data.</param>
internal sealed record FeedEvent(string Name, long? Id, JsonElement Data)
{
    public long Revision => Data.GetProperty("revision").GetInt64();

    /// <summary>What it did, in a line: <c>5: update kv/a 1>2</c>.</summary>
    public override string ToString() => Name != "change"
        ? $"{Name} {Data.GetRawText()}"
        : $"{Revision}: " + string.Join(", ", Data.GetProperty("changes").EnumerateArray().Select(Describe));

    private static string Describe(JsonElement change) =>
        $"{change.GetProperty("op").GetString()} {change.GetProperty("table").GetString()}/{change.GetProperty("key").GetString()} "
        + $"{Value(change.GetProperty("before"))}>{Value(change.GetProperty("after"))}";

    private static string Value(JsonElement version) =>
        version.ValueKind != JsonValueKind.Object ? "-"
        : version.TryGetProperty("value", out var text) ? text.GetString()!
        : version.TryGetProperty("value64", out var base64) ? base64.GetString()!
        : version.GetRawText();
}

/// <summary>Reads an open feed, as events or as lines.</summary>
internal sealed class FeedReader : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _text;
    private readonly bool _lines;

    private FeedReader(HttpResponseMessage response, Stream body, bool lines) =>
        (_response, _text, _lines) = (response, new StreamReader(body), lines);

    public int Status => (int)_response.StatusCode;

    public string? Header(string name) =>
        _response.Headers.Concat(_response.Content.Headers).Where(header => header.Key == name).Select(header => header.Value.Single()).FirstOrDefault();

    public static async Task<FeedReader> OpenAsync(HttpClient http, string query, bool lines = false, params string[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/changes{query}")
        {
            Version = http.DefaultRequestVersion,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (lines)
        {
            request.Headers.Add("Accept", "application/x-ndjson");
        }

        foreach (var header in headers)
        {
            request.Headers.TryAddWithoutValidation(header[..header.IndexOf(':')], header[(header.IndexOf(':') + 1)..].Trim());
        }

        var patience = TestContext.Current.CancellationToken;
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience);
        return new FeedReader(response, await response.Content.ReadAsStreamAsync(patience), lines);
    }

    /// <summary>The next event; null at the feed's end.</summary>
    public Task<FeedEvent?> NextAsync() => _lines ? NextLineAsync() : NextEventAsync();

    /// <summary>The next event that is not a progress; null at the feed's end.</summary>
    public async Task<FeedEvent?> NextChangeAsync()
    {
        while (true)
        {
            var next = await NextAsync();
            if (next is not { Name: "progress" })
            {
                return next;
            }
        }
    }

    /// <summary>So many events that are not progress, each in a line.</summary>
    public async Task<string[]> TakeAsync(int count)
    {
        var taken = new string[count];
        for (var at = 0; at < count; at++)
        {
            taken[at] = (await NextChangeAsync())?.ToString() ?? "the end";
        }

        return taken;
    }

    /// <summary>Reads up to a progress that says at least this revision.</summary>
    public async Task<FeedEvent> ProgressAsync(long least)
    {
        while (true)
        {
            var next = await NextAsync();
            Assert.NotNull(next);
            if (next.Name == "progress" && next.Revision >= least)
            {
                return next;
            }
        }
    }

    public void Dispose()
    {
        _text.Dispose();
        _response.Dispose();
    }

    private async Task<FeedEvent?> NextLineAsync()
    {
        if (await _text.ReadLineAsync(TestContext.Current.CancellationToken) is not { } line)
        {
            return null;
        }

        var data = JsonDocument.Parse(line).RootElement;
        return new FeedEvent(data.TryGetProperty("event", out var name) ? name.GetString()! : "change", null, data);
    }

    private async Task<FeedEvent?> NextEventAsync()
    {
        var (name, id, data) = ("message", (long?)null, "");
        while (await _text.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.Length == 0)
            {
                if (data.Length > 0)
                {
                    return new FeedEvent(name, id, JsonDocument.Parse(data).RootElement);
                }

                continue;
            }

            var (field, value) = (line[..line.IndexOf(": ", StringComparison.Ordinal)], line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..]);
            switch (field)
            {
                case "event":
                    name = value;
                    break;
                case "id":
                    id = long.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "data":
                    data += value;
                    break;
                default:
                    Assert.Equal("retry: 1000", line);
                    break;
            }
        }

        return null;
    }
}
