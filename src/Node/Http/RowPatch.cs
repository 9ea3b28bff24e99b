using System.Text.Json;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>Merges JSON into a row (RFC 7396).</summary>
internal sealed class RowPatch(string table, byte[] key, JsonElement json) : TableWrite(table)
{
    /// <inheritdoc/>
    protected override Plan Prepare(Call call, Table found, Moment moment) =>
        PatchInput.Read(found.Definition, json, out var patch) is { } fault
            ? Plan.Refuse(JsonRequest.Refuse(fault))
            : Propose(
                found,
                key,
                [Condition.From(found.Name, key, call.Terms.When)],
                new Operation.Patch(found.Name, key, patch, MustExist: true, KeepNulls: !found.Definition.IsFree));

    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, Outcome outcome) => outcome switch
    {
        Outcome.Transacted { Succeeded: true, Results: [OperationResult.Patched { Found: true } patched] } done =>
            RowAnswers.WrittenAsync(call, done.Revision, patched.Version),
        Outcome.Transacted { Succeeded: true } absent => call.RefuseAsync(Refusals.Absent(absent.Revision)),
        Outcome.Transacted { Succeeded: false } refused =>
            call.RefuseAsync(Refusals.Precondition(call.Terms, refused.Revision, Standing(refused))),
        _ => throw new InvariantException($"no answer for {outcome}"),
    };
}
