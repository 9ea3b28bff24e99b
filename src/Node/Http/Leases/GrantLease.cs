using System.Text.Json;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http.Leases;

/// <summary><c>POST /v1/leases</c> <c>{"ttl":"10s","owner":"…"}</c>: makes a lease.</summary>
internal sealed class GrantLease(Operation.GrantLease grant)
    : PlainWrite(EntryCodec.EncodeTransaction(Transaction.Of(grant)))
{
    /// <summary>Answers the request.</summary>
    public static async ValueTask AnswerAsync(Call call)
    {
        if ((call.Query.RefuseRest() ?? LeasePath.RefuseTerms(call.Terms)) is { } wrong)
        {
            await call.RefuseAsync(wrong);
            return;
        }

        var (problem, sent) = await RequestBody.ReadAsync(call, call.Api.Options.MaxValue);
        if (problem is not null)
        {
            await call.RefuseAsync(problem);
            return;
        }

        var body = System.Buffers.BuffersExtensions.ToArray(sent);
        call.Request.BodyReader.AdvanceTo(sent.End);
        problem = Read(body, out var grant);
        await (problem is not null ? call.RefuseAsync(problem) : Writes.AnswerAsync(call, new GrantLease(grant), body));
    }

    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, Outcome outcome)
    {
        Invariant.Holds(outcome is Outcome.Transacted { Results: [OperationResult.LeaseGranted] }, "a grant makes a lease");
        var (id, ttl) = (OperationResult.LeaseGranted)((Outcome.Transacted)outcome).Results[0];
        call.SetHeaders(StatusCodes.Status201Created, outcome.Revision);
        call.Response.Headers.Location = $"{LeasePath.Root}{id}";
        return call.EndJsonAsync($"{{\"id\":{id},\"ttl\":\"{LeasePath.Show(ttl)}\",\"revision\":{outcome.Revision}}}");
    }

    private static Problem? Read(byte[] body, out Operation.GrantLease grant)
    {
        grant = new Operation.GrantLease(0, null);
        if (StrictJson.Check(body) is { } fault)
        {
            return Problem.Malformed(fault.Place.Length == 0 ? "body" : fault.Place, $"{(fault.Place.Length == 0 ? "the body" : fault.Place)} {fault.Detail}");
        }

        using var json = JsonDocument.Parse(body, StrictJson.Options);
        if (json.RootElement.ValueKind != JsonValueKind.Object)
        {
            return Problem.Malformed("body", """the body is no JSON object: {"ttl":"10s"} is expected""");
        }

        (string? ttl, string? owner) = (null, null);
        foreach (var member in json.RootElement.EnumerateObject())
        {
            if (member.Name is not ("ttl" or "owner"))
            {
                return Problem.Malformed(member.Name, $"'{member.Name}' is no member of a lease: ttl, owner");
            }

            if (member.Value.ValueKind != JsonValueKind.String)
            {
                return Problem.Malformed(member.Name, $"{member.Name} is a string{(member.Name == "ttl" ? ": \"10s\"" : "")}");
            }

            (ttl, owner) = member.Name == "ttl" ? (member.Value.GetString(), owner) : (ttl, member.Value.GetString());
        }

        if (ttl is null)
        {
            return Problem.Malformed("ttl", "ttl is missing: how long the lease lasts without a sign of life");
        }

        var problem = LeasePath.ReadTtl(ttl, out var milliseconds) ?? (owner is null ? null : LeasePath.CheckOwner(owner));
        grant = new Operation.GrantLease(milliseconds, owner);
        return problem;
    }
}
