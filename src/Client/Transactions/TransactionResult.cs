using System.Text.Json;

namespace RaftCluster.Client;

/// <summary>What a transaction did.</summary>
public sealed class TransactionResult
{
    private readonly IReadOnlyList<Operation> _done;
    private readonly JsonElement[] _results;

    internal TransactionResult(byte[] json, TransactionBody body, IReadOnlyList<Operation> done)
    {
        (Json, Succeeded, Revision) = (json, body.Succeeded, body.Revision);
        (_results, _done) = (body.Results ?? [], done);
    }

    /// <summary>Whether all conditions held, so that <c>Then</c> was done and not <c>Else</c>.</summary>
    public bool Succeeded { get; }

    /// <summary>The transaction's revision; when nothing changed, the one it was judged at.</summary>
    public long Revision { get; }

    /// <summary>Whether this is the kept answer of an earlier attempt with the same idempotency key.</summary>
    public bool Replayed { get; init; }

    /// <summary>The whole answer, as the node wrote it.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>What came of one operation.</summary>
    /// <param name="operation">One of those that were done: of <c>Then</c> when <see cref="Succeeded"/>, of <c>Else</c> otherwise.</param>
    /// <exception cref="InvalidOperationException">It was not done.</exception>
    public TResult Of<TResult>(Operation<TResult> operation)
    {
        for (var i = 0; i < _done.Count && i < _results.Length; i++)
        {
            if (ReferenceEquals(_done[i], operation))
            {
                return operation.Read(_results[i]);
            }
        }

        throw new InvalidOperationException(
            $"The operation was not done: the transaction's conditions {(Succeeded ? "held" : "did not hold")}, and it is not among what is done then.");
    }
}

internal sealed record TransactionBody(bool Succeeded, long Revision, JsonElement[]? Results);

internal sealed record RangeResultBody(RangeItem[]? Items, long? Count, bool More);
