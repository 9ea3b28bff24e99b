using System.Buffers;
using System.Net;
using System.Text.Json;

namespace RaftCluster.Client;

/// <summary>
/// If all conditions hold, do these, else do those: at once, in one revision, or not at all. Conditions and operations may be
/// of any rows of any tables.
/// </summary>
/// <example>
/// <code>
/// var from = RowAddress.In("accounts", "ada");
/// var to = RowAddress.In("accounts", "ben");
/// var taken = from.Add(-5, "balance");
/// var result = await client.Transaction()
///     .If(from.Column("balance", Comparison.GreaterOrEqual, 5))
///     .Then(taken, to.Add(5, "balance"))
///     .CommitAsync();
/// Console.WriteLine(result.Succeeded ? $"Ada has {result.Of(taken).Value} left." : "Ada has less than 5.");
/// </code>
/// </example>
public sealed class Transaction
{
    private readonly Dispatcher _dispatcher;
    private readonly Requests _requests;
    private readonly List<Condition> _if = [];
    private readonly List<Operation> _then = [];
    private readonly List<Operation> _else = [];

    internal Transaction(Dispatcher dispatcher, Requests requests) => (_dispatcher, _requests) = (dispatcher, requests);

    /// <summary>Adds conditions: all must hold.</summary>
    /// <param name="conditions">The conditions.</param>
    public Transaction If(params ReadOnlySpan<Condition> conditions)
    {
        _if.AddRange(conditions);
        return this;
    }

    /// <summary>Adds what is done, in this order, when all conditions hold; without conditions, always.</summary>
    /// <param name="operations">The operations.</param>
    public Transaction Then(params ReadOnlySpan<Operation> operations)
    {
        _then.AddRange(operations);
        return this;
    }

    /// <summary>Adds what is done, in this order, when some condition does not hold.</summary>
    /// <param name="operations">The operations.</param>
    public Transaction Else(params ReadOnlySpan<Operation> operations)
    {
        _else.AddRange(operations);
        return this;
    }

    /// <summary>Does it.</summary>
    /// <param name="options">How durable, behind which fences, under which key.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="RaftClusterException">Some operation can't be done, as adding to a text: nothing changed.</exception>
    public Task<TransactionResult> CommitAsync(WriteOptions? options = null, CancellationToken cancellation = default) =>
        SendAsync(_dispatcher, _requests, Json(), _then, _else, options, cancellation);

    internal async Task<AddResult> AddAsync(Operation<AddResult> operation, WriteOptions? options, CancellationToken cancellation)
    {
        var result = await Then(operation).CommitAsync(options, cancellation);
        return result.Of(operation) with { Replayed = result.Replayed };
    }

    internal static async Task<TransactionResult> SendAsync(
        Dispatcher dispatcher,
        Requests requests,
        ReadOnlyMemory<byte> json,
        IReadOnlyList<Operation> then,
        IReadOnlyList<Operation> otherwise,
        WriteOptions? options,
        CancellationToken cancellation)
    {
        options ??= WriteOptions.Default;
        if (options.When != Precondition.None || options is not { TimeToLive: null, Lease: null })
        {
            throw new ArgumentException(
                "A transaction's conditions are its If, and its puts have times to live and leases of their own.", nameof(options));
        }

        var call = requests.Write("txn", HttpMethod.Post, "/v1/txn", json, options with { ContentType = "application/json" });
        var answer = await dispatcher.SendAsync(call, cancellation);
        if (answer.Status is HttpStatusCode.NotFound or HttpStatusCode.PreconditionFailed)
        {
            throw new RaftClusterException(answer.Failure with { Outcome = Outcome.NotApplied }, endpoint: null);
        }

        var body = Requests.Body(answer, ClientJson.Default.TransactionBody, Outcome.Applied);
        var done = body.Succeeded ? then : otherwise;
        return new TransactionResult(answer.Body, body, done) { Replayed = answer.Headers.Replayed };
    }

    private byte[] Json()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            WriteAll("if", _if, static (condition, writer) => condition.Write(writer));
            WriteAll("then", _then, static (operation, writer) => operation.Write(writer));
            WriteAll("else", _else, static (operation, writer) => operation.Write(writer));
            writer.WriteEndObject();

            void WriteAll<T>(string name, List<T> items, Action<T, Utf8JsonWriter> write)
            {
                if (items.Count > 0)
                {
                    writer.WriteStartArray(name);
                    items.ForEach(item => write(item, writer));
                    writer.WriteEndArray();
                }
            }
        }

        return buffer.WrittenSpan.ToArray();
    }
}
