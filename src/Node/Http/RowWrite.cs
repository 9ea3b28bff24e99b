using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>A write of one row that is the same whatever the rows are: a value that is put, or a row that is removed.</summary>
/// <param name="transaction">The transaction, encoded.</param>
internal sealed class RowWrite(ReadOnlyMemory<byte> transaction) : PlainWrite(transaction)
{
    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, Outcome outcome) => outcome switch
    {
        Outcome.Written written => RowAnswers.WrittenAsync(call, written.Revision, written.Version),
        Outcome.Deleted deleted => RowAnswers.DeletedAsync(call, deleted.Revision),
        Outcome.Absent absent => call.RefuseAsync(Refusals.Absent(absent.Revision)),
        Outcome.Refused refused => call.RefuseAsync(Refusals.Precondition(call.Terms, refused.Revision, refused.RowRevision)),
        _ => throw new InvariantException($"no answer for {outcome}"),
    };
}
