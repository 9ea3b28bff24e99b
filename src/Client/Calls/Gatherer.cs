using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace RaftCluster.Client;

/// <summary>A write that may share a request with others: what it is as an item of <c>POST /v1/batch</c>.</summary>
/// <param name="Operation">put or delete.</param>
/// <param name="Key">The row's key, of kv.</param>
/// <param name="Value">A put's value.</param>
/// <param name="ContentType">Its media type; null for none.</param>
internal sealed record GatheredWrite(string Operation, string Key, ReadOnlyMemory<byte> Value, string? ContentType);

/// <summary>
/// Sends writes that are called at the same time in one request a node: whatever is called while requests are under way is the next
/// one, so that nothing ever waits for company. Each write has its own answer, as if it had been sent alone, and is tried again by
/// itself.
/// </summary>
internal sealed class Gatherer(TimeProvider time, Func<Call, Uri, TimeSpan, CancellationToken, Task<Attempt>> send)
{
    /// <summary>The longest value: of longer ones the bytes cost, not the requests.</summary>
    internal const int LongestValue = 16 << 10;

    /// <summary>So many requests keep a node busy while answers are on their way; with more of them each would carry less.</summary>
    internal const int MostUnderWay = 8;

    /// <summary>The most writes of a request: one that breaks leaves no more open than that.</summary>
    internal const int MostItems = 256;

    private const int MostBytes = 1 << 20;
    private const int BytesBesideValue = 512;
    private static readonly TimeSpan _plainFor = TimeSpan.FromSeconds(30);

    private static readonly JsonWriterOptions _writing =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ConcurrentDictionary<Uri, Lane> _lanes = new();

    /// <summary>Tries a write at a node, together with others.</summary>
    /// <param name="call">The write.</param>
    /// <param name="endpoint">The node.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>What it came to; null when nothing was done and it has to be sent alone.</returns>
    internal async Task<Attempt?> TryAsync(Call call, Uri endpoint, TimeSpan limit, CancellationToken cancellation)
    {
        var lane = _lanes.GetOrAdd(endpoint, static _ => new Lane());
        var waiting = new Waiting(call, time.GetTimestamp(), limit);
        lock (lane)
        {
            if (lane.PlainSince is { } since && time.GetElapsedTime(since) < _plainFor)
            {
                return null;
            }

            lane.Queue.Enqueue(waiting);
        }

        Pump(lane, endpoint);
        using var end = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellation);
        try
        {
            return await waiting.End.Task.WaitAsync(either.Token);
        }
        catch (OperationCanceledException stopped) when (either.IsCancellationRequested)
        {
            // Still waiting, it is not sent any more.
            var isSent = !waiting.TryTake();
            cancellation.ThrowIfCancellationRequested();
            return isSent ? new Attempt.Lost("no answer in time", stopped) : new Attempt.NotSent("no room for it in time", stopped);
        }
    }

    private void Pump(Lane lane, Uri endpoint)
    {
        while (Take(lane) is { } batch)
        {
            _ = ExchangeAsync(lane, endpoint, batch);
        }
    }

    private static List<Waiting>? Take(Lane lane)
    {
        lock (lane)
        {
            if (lane.UnderWay == MostUnderWay)
            {
                return null;
            }

            var (taken, bytes) = (new List<Waiting>(), 0);
            while (taken.Count < MostItems && bytes < MostBytes && lane.Queue.TryDequeue(out var next))
            {
                if (next.TryTake())
                {
                    taken.Add(next);
                    bytes += BytesBesideValue + next.Call.Item!.Value.Length;
                }
            }

            lane.UnderWay += taken.Count == 0 ? 0 : 1;
            return taken.Count == 0 ? null : taken;
        }
    }

    private async Task ExchangeAsync(Lane lane, Uri endpoint, List<Waiting> batch)
    {
        try
        {
            var call = new Call(HttpMethod.Post, "/v1/batch") { Body = Compose(batch), ContentType = "application/json" };
            var attempt = await send(call, endpoint, batch.Max(waiting => waiting.Left(time)), CancellationToken.None);
            Tell(lane, batch, attempt);
        }
        catch (Exception failure)
        {
            // Whoever waits for one of them is told.
            batch.ForEach(waiting => waiting.End.TrySetException(failure));
        }
        finally
        {
            lock (lane)
            {
                lane.UnderWay--;
            }

            Pump(lane, endpoint);
        }
    }

    private void Tell(Lane lane, List<Waiting> batch, Attempt attempt)
    {
        if (attempt is Attempt.Answered { Status: HttpStatusCode.OK } answer)
        {
            TellEach(batch, answer);
            return;
        }

        var isRefused = attempt is Attempt.Answered
        {
            Status: HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed
                or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnsupportedMediaType,
        };
        if (attempt is Attempt.Answered { Status: HttpStatusCode.NotFound })
        {
            // A node of an earlier version: for a while each write goes alone.
            lock (lane)
            {
                lane.PlainSince = time.GetTimestamp();
            }
        }

        // One that can't be understood has them all refused: sent alone, each is told what it deserves.
        batch.ForEach(waiting => waiting.End.TrySetResult(isRefused ? null : attempt));
    }

    private static void TellEach(List<Waiting> batch, Attempt.Answered answer)
    {
        Attempt[] own = [];
        Exception? wrong = null;
        try
        {
            using var body = JsonDocument.Parse(answer.Body);
            own = [.. body.RootElement.GetProperty("items").EnumerateArray().Select(item => OwnAnswer(answer, item))];
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            wrong = failure;
        }

        // Something between this client and the node wrote another answer: what became of them, nobody told.
        var lost = own.Length == batch.Count
            ? null
            : new Attempt.Lost("the answer does not have one for each item", wrong ?? new InvalidDataException($"{own.Length} of {batch.Count}"));
        for (var at = 0; at < batch.Count; at++)
        {
            batch[at].End.TrySetResult(lost ?? own[at]);
        }
    }

    /// <summary>What a node would have answered to one of them by itself.</summary>
    private static Attempt.Answered OwnAnswer(Attempt.Answered answer, JsonElement item)
    {
        var status = (HttpStatusCode)item.GetProperty("status").GetInt32();
        var problem = item.TryGetProperty("problem", out var told) ? told.Deserialize(ClientJson.Default.Problem) : null;
        if (item.TryGetProperty("deleted", out var deleted) && deleted.ValueKind == JsonValueKind.False)
        {
            status = HttpStatusCode.NotFound;
            problem = new Problem { Status = (int)status, Code = "absent", Outcome = Outcome.NotApplied };
        }

        return answer with
        {
            Status = status,
            Headers = answer.Headers with { Replayed = item.TryGetProperty("replayed", out _) },
            Body = JsonMarshal.GetRawUtf8Value(item).ToArray(),
            Problem = problem,
        };
    }

    private static byte[] Compose(List<Waiting> batch)
    {
        var text = new ArrayBufferWriter<byte>(batch.Count * BytesBesideValue);
        using (var json = new Utf8JsonWriter(text, _writing))
        {
            json.WriteStartObject();
            json.WriteStartArray("items");
            foreach (var waiting in batch)
            {
                Write(json, waiting.Call);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return text.WrittenSpan.ToArray();
    }

    /// <summary>Writes an item, the same each time: an idempotency key is of one text.</summary>
    private static void Write(Utf8JsonWriter json, Call call)
    {
        var item = call.Item!;
        json.WriteStartObject();
        json.WriteString("op", item.Operation);
        json.WriteString("key", item.Key);
        if (item.Operation == "put")
        {
            if (Utf8.IsValid(item.Value.Span))
            {
                json.WriteString("value", item.Value.Span);
            }
            else
            {
                json.WriteBase64String("value64", item.Value.Span);
            }
        }

        if (item.ContentType is not null)
        {
            json.WriteString("contentType", item.ContentType);
        }

        if (call.IdempotencyKey is not null)
        {
            json.WriteString("idempotencyKey", call.IdempotencyKey);
        }

        json.WriteEndObject();
    }

    /// <summary>What goes to one node; locked by itself.</summary>
    private sealed class Lane
    {
        public Queue<Waiting> Queue { get; } = new();

        public int UnderWay { get; set; }

        /// <summary>Since when the node is known to have no batches; null when it is not.</summary>
        public long? PlainSince { get; set; }
    }

    /// <summary>A write that waits for room, or for its answer.</summary>
    private sealed class Waiting(Call call, long since, TimeSpan limit)
    {
        private int _taken;

        public Call Call => call;

        public TaskCompletionSource<Attempt?> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TimeSpan Left(TimeProvider time) => limit - time.GetElapsedTime(since) is { Ticks: > 0 } left ? left : TimeSpan.FromMilliseconds(1);

        /// <summary>Takes it, to send it or never to; whoever comes second can't.</summary>
        public bool TryTake() => Interlocked.Exchange(ref _taken, 1) == 0;
    }
}
