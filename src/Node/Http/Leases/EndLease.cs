using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http.Leases;

/// <summary><c>DELETE /v1/leases/{id}</c>: ends a lease; its rows go, and the locks it holds or waits for.</summary>
internal sealed class EndLease(long id)
    : PlainWrite(EntryCodec.EncodeTransaction(Transaction.Of(new Operation.EndLeases([id], Term: 0))))
{
    /// <summary>Answers the request.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        var problem = LeasePath.Read(call, out var id) ?? call.Query.RefuseRest() ?? LeasePath.RefuseTerms(call.Terms);
        return problem is not null ? call.RefuseAsync(problem) : Writes.AnswerAsync(call, new EndLease(id), body: default);
    }

    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, Outcome outcome)
    {
        Invariant.Holds(outcome is Outcome.Transacted { Results: [OperationResult.LeasesEnded] }, "an end ends leases");
        var ended = (OperationResult.LeasesEnded)((Outcome.Transacted)outcome).Results[0];
        if (ended.Leases == 0)
        {
            return call.RefuseAsync(LeasePath.Absent(id) with { Revision = outcome.Revision });
        }

        call.SetHeaders(StatusCodes.Status200OK, outcome.Revision);
        return call.EndJsonAsync($"{{\"revision\":{outcome.Revision},\"deleted\":true,\"rows\":{ended.Rows}}}");
    }
}
