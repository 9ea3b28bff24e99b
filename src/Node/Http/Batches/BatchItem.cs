using System.Buffers;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.Json;
using RaftCluster.Node.Http.Transactions;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http.Batches;

/// <summary>
/// One item of a batch: an operation that writes one row, or a transaction that only writes, each with an idempotency key of its
/// own if it is given one.
/// </summary>
internal sealed class BatchItem : Change
{
    private const string KeyMember = "idempotencyKey";

    private readonly OperationInput? _only;
    private readonly TransactionInput _input;

    private BatchItem(TransactionInput input, OperationInput? only, string? key, UInt128 hash) =>
        (_input, _only, Key, Hash) = (input, only, key, hash);

    /// <summary>The name under which its outcome is kept; null for none.</summary>
    public string? Key { get; }

    /// <summary>What tells it from another item of the same key: XxHash128 over its text; 0 when it has no key.</summary>
    public UInt128 Hash { get; }

    /// <summary>Reads an item, which is strict JSON already.</summary>
    /// <param name="json">What was sent.</param>
    /// <param name="place">Where it stands in the request.</param>
    /// <param name="longestValue">The longest value, in bytes.</param>
    /// <param name="item">What was read.</param>
    public static Fault? Read(JsonElement json, string place, int longestValue, out BatchItem item)
    {
        item = null!;
        var reader = new ObjectReader(json);
        var key = reader.Text(KeyMember);
        if (key is not null && RequestTerms.CheckIdempotencyKey(key) is { } wrong)
        {
            reader.Fail(KeyMember, wrong);
        }

        if (reader.Fault is { } none)
        {
            return none.In(place);
        }

        OperationInput? only = null;
        TransactionInput input;
        if (reader.Has("op"))
        {
            if (OperationInput.Read(reader, place, longestValue, out only) is { } fault)
            {
                return fault;
            }

            if (only.Name is not ("put" or "delete" or "patch" or "add"))
            {
                return new Fault(Places.Join(place, "op"), "can be put, delete, patch or add: an item writes one row, or is a transaction");
            }

            input = new TransactionInput([], [only], []) { Place = place };
        }
        else if (TransactionInput.Read(reader, longestValue, out input, place) is { } fault)
        {
            return fault;
        }
        else if (input.Then.IsEmpty && input.Else.IsEmpty)
        {
            return new Fault(place, "writes nothing: it has an op, or is a transaction with then or else");
        }
        else if (input.Then.Concat(input.Else).FirstOrDefault(operation => operation.IsRead) is { } read)
        {
            return new Fault(Places.Join(read.Place, "op"), $"is {read.Name}: a batch writes; a transaction that reads is a request of its own");
        }

        item = new BatchItem(input, only, key, key is null ? 0 : XxHash128.HashToUInt128(JsonMarshal.GetRawUtf8Value(json)));
        return null;
    }

    /// <inheritdoc/>
    public override Plan Prepare(Call call) => Plain(call) ?? Transact.Prepare(call, _input);

    /// <inheritdoc/>
    public override string? FieldOf(Outcome.Failed failed) => Transact.FieldOf(failed, _input);

    /// <summary>What a problem of it names is named by its place in the request.</summary>
    public Problem Place(Problem problem) => problem.Field == HeaderNames.IdempotencyKey
        ? problem with { Field = Places.Join(_input.Place, KeyMember) }
        : problem;

    /// <summary>Writes the members that tell what it did.</summary>
    /// <param name="json">Where they go.</param>
    /// <param name="outcome">What it did, and nothing that is a problem.</param>
    public void Write(Utf8JsonWriter json, Outcome outcome)
    {
        var isNew = outcome is Outcome.Written { Version: 1 }
            || (_only is not null && outcome is Outcome.Transacted { Results: [OperationResult.Written { Version: 1 }] });
        json.WriteNumber("status", isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
        switch (outcome)
        {
            case Outcome.Written written:
                json.WriteNumber("revision", written.Revision);
                json.WriteNumber("version", written.Version);
                break;
            case Outcome.Deleted or Outcome.Absent:
                json.WriteNumber("revision", outcome.Revision);
                json.WriteBoolean("deleted", outcome is Outcome.Deleted);
                break;
            case Outcome.Transacted transacted when _only is not null:
                ResultWriter.WriteOnly(json, transacted, _only);
                break;
            case Outcome.Transacted transacted:
                ResultWriter.WriteAll(
                    json,
                    transacted,
                    transacted.Succeeded ? _input.Then : _input.Else,
                    static table => throw new InvariantException($"no rows of {table} are shown"));
                break;
            default:
                throw new InvariantException($"no answer for {outcome}");
        }
    }

    /// <summary>A put or a delete of a row of bytes needs no transaction around it.</summary>
    /// <returns>Null when it is none.</returns>
    private Plan? Plain(Call call)
    {
        if (_only is not { Table: TableNames.KeyValue, MakesKey: false, TtlMs: 0, Name: "put" or "delete" }
            || _only.Bind(Table.KeyValue, new Moment(call.Api.Time.GetUtcNow()), out var bound) is not null)
        {
            return null;
        }

        return bound switch
        {
            Operation.Put put when put.Lease == default => Plan.Propose(EntryCodec.EncodePut(
                put.Table, put.Key.Span, new ReadOnlySequence<byte>(put.Value), put.ContentType, Precondition.None)),
            Operation.Delete delete => Plan.Propose(EntryCodec.EncodeTransaction(
                new Command.Delete(delete.Table, delete.Key, Precondition.None))),
            _ => null,
        };
    }
}
