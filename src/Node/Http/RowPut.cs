using System.Text.Json;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>Puts a JSON row under a key that the caller gives.</summary>
internal sealed class RowPut(string table, byte[] key, JsonElement json, LeaseTerm lease) : TableWrite(table)
{
    /// <inheritdoc/>
    protected override Plan Prepare(Call call, Table found, Moment moment)
    {
        if (RowInput.Read(found.Definition, json, moment, out var row) is { } fault)
        {
            return Plan.Refuse(JsonRequest.Refuse(fault));
        }

        if (CheckLength(call, row) is { } tooLong)
        {
            return Plan.Refuse(tooLong);
        }

        // Where the cluster makes the keys, a row that is not there can't be put.
        var made = found.Definition.Key == TableKey.Revision
            ? Condition.From(found.Name, key, Precondition.Exists)
            : null;
        return Propose(
            found,
            key,
            [made, Condition.From(found.Name, key, call.Terms.When)],
            new Operation.Put(found.Name, key, row, SystemTables.ContentType, lease));
    }

    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, Outcome outcome)
    {
        switch (outcome)
        {
            case Outcome.Transacted { Succeeded: true, Results: [OperationResult.Written written] } put:
                return RowAnswers.WrittenAsync(call, put.Revision, written.Version, written.Lease);
            case Outcome.Transacted { Succeeded: false } refused:
                var standing = Standing(refused);
                return call.RefuseAsync(call.Terms.When.Accepts(standing)
                    ? new Problem(ProblemCode.Absent, "there is no row of this key, and the table makes its keys itself: POST the row")
                    {
                        Revision = refused.Revision,
                    }
                    : Refusals.Precondition(call.Terms, refused.Revision, standing));
            default:
                throw new InvariantException($"no answer for {outcome}");
        }
    }

    /// <inheritdoc/>
    public override string? FieldOf(Outcome.Failed failed) => Refusals.LeaseField(failed);
}
