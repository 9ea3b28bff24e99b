using System.Text;
using System.Text.Json;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>Puts a JSON row under a key that is made: the revision, or a UUID of the leader.</summary>
internal sealed class RowPost(string table, JsonElement json, LeaseTerm lease) : TableWrite(table)
{
    /// <inheritdoc/>
    protected override Plan Prepare(Call call, Table found, Moment moment)
    {
        if (RowInput.Read(found.Definition, json, moment, out var row) is { } fault)
        {
            return Plan.Refuse(JsonRequest.Refuse(fault));
        }

        var isRevision = found.Definition.Key == TableKey.Revision;
        var key = isRevision ? [] : Encoding.ASCII.GetBytes(moment.NewUuid());
        return CheckLength(call, row) is { } tooLong
            ? Plan.Refuse(tooLong)
            : Propose(found, key, [], new Operation.Put(found.Name, key, row, SystemTables.ContentType, lease, isRevision));
    }

    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, Outcome outcome) => ShowAsync(call, TableName, outcome);

    /// <inheritdoc/>
    public override string? FieldOf(Outcome.Failed failed) => Refusals.LeaseField(failed);

    /// <summary>Answers with the key that was made.</summary>
    public static ValueTask ShowAsync(Call call, string table, Outcome outcome)
    {
        if (outcome is not Outcome.Transacted { Results: [OperationResult.Written written] } made)
        {
            throw new InvariantException($"no answer for {outcome}");
        }

        // Digits or a UUID: nothing in it needs an escape.
        var key = Encoding.ASCII.GetString(written.Key.Span);
        RowAnswers.SetWritten(call, made.Revision, written.Version);
        call.Response.Headers.Location = $"/v1/tables/{table}/rows/{key}";
        return call.EndJsonAsync($"{{\"revision\":{made.Revision},\"version\":{written.Version},\"key\":\"{key}\"{RowAnswers.Lease(written.Lease)}}}");
    }
}

/// <summary>Puts bytes of any kind under a UUID of the leader.</summary>
internal sealed class ValuePost(string table, byte[] value, string? contentType, LeaseTerm lease) : TableWrite(table)
{
    /// <inheritdoc/>
    protected override Plan Prepare(Call call, Table found, Moment moment)
    {
        var key = Encoding.ASCII.GetBytes(moment.NewUuid());
        return Propose(found, key, [], new Operation.Put(found.Name, key, value, contentType, lease));
    }

    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, Outcome outcome) => RowPost.ShowAsync(call, TableName, outcome);

    /// <inheritdoc/>
    public override string? FieldOf(Outcome.Failed failed) => Refusals.LeaseField(failed);
}
