using System.Text.Json;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http.Batches;

/// <summary>
/// <c>POST /v1/batch</c>: many writes in one request, proposed together in their order, each decided by itself. What a request
/// costs apart from the write (its head, its way through the server, its answer) is paid once for all of them.
/// </summary>
internal static class WriteBatch
{
    /// <summary>The most items.</summary>
    public const int MaximumItems = 1024;

    /// <summary>Answers the request.</summary>
    public static async ValueTask AnswerAsync(Call call)
    {
        var problem = call.Query.RefuseRest() ?? RefuseHeaders(call.Terms);
        JsonRequest? request = null;
        if (problem is null)
        {
            (problem, request) = await JsonRequest.ReadAsync(call, RequestBody.Longest, JsonRequest.Types);
        }

        using (request)
        {
            BatchItem[] items = [];
            if (problem is null && Read(request!.Json, call.Api.Options.MaxValue, out items) is { } fault)
            {
                problem = JsonRequest.Refuse(fault);
            }

            await (problem is not null ? call.RefuseAsync(problem) : AnswerAsync(call, items, request!.Body));
        }
    }

    private static async ValueTask AnswerAsync(Call call, BatchItem[] items, byte[] body)
    {
        call.HasKeys = Array.TrueForAll(items, item => item.Key is not null);
        using var patience = Patience.Start(call.Terms.Wait, call.Api.Time);
        for (var tries = 0; ; tries++)
        {
            var leads = call.Api.Consensus.Standing.Role == Role.Leader;
            if (leads)
            {
                var decisions = await DecideAsync(call, items, patience);
                if (Array.Exists(decisions, decision => decision.Proposal is not Proposal.NotLeader))
                {
                    await ShowAsync(call, items, decisions);
                    return;
                }
            }

            if (await Writes.ElsewhereAsync(call, body, patience, tries, isRefusedHere: leads))
            {
                return;
            }
        }
    }

    private static async Task<Decision[]> DecideAsync(Call call, BatchItem[] items, Patience patience)
    {
        var options = call.Api.Options;
        var decisions = new Task<Decision>[items.Length];
        for (var at = 0; at < items.Length; at++)
        {
            var key = items[at].Key is { } name ? Proposals.KeyOf(options, name, items[at].Hash) : null;
            decisions[at] = Proposals.DecideAsync(call, items[at], key, patience, held: true).AsTask();
        }

        call.Api.Consensus.ProposeHeld();
        // All of them: none may go on with this request's patience when that is over.
        return await Task.WhenAll(decisions);
    }

    private static ValueTask ShowAsync(Call call, BatchItem[] items, Decision[] decisions)
    {
        var revision = Latest(decisions) ?? call.Api.Store.Applied.Revision;
        call.IsFresh = Array.Exists(decisions, decision => decision.Proposal is Proposal.Done);
        call.SetHeaders(StatusCodes.Status200OK, revision);
        return call.EndJsonAsync(json =>
        {
            json.WriteNumber("revision", revision);
            json.WriteStartArray("items");
            for (var at = 0; at < items.Length; at++)
            {
                json.WriteStartObject();
                Write(json, call, items[at], decisions[at]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static void Write(Utf8JsonWriter json, Call call, BatchItem item, Decision decision)
    {
        var problem = decision.Refusal ?? Writes.ProblemOf(decision.Proposal!, item.Key is not null);
        var outcome = (decision.Proposal as Proposal.Done)?.Outcome;
        if (outcome is Outcome.Replayed replayed)
        {
            json.WriteBoolean("replayed", true);
            outcome = replayed.First;
        }

        problem ??= outcome is null ? null : Refusals.Of(outcome, item);
        if (problem is not null)
        {
            var status = Statuses.Of(problem.Code);
            json.WriteNumber("status", status);
            json.WritePropertyName("problem");
            call.Write(json, item.Place(problem), status, problem.Revision ?? call.Api.Store.Applied.Revision);
        }
        else if (outcome is null)
        {
            var accepted = (Proposal.Accepted)decision.Proposal!;
            json.WriteNumber("status", StatusCodes.Status202Accepted);
            json.WriteBoolean("accepted", true);
            json.WriteNumber("index", accepted.Index);
            json.WriteNumber("term", accepted.Term);
        }
        else
        {
            item.Write(json, outcome);
        }
    }

    /// <summary>The latest revision that an outcome is of; null when there is none.</summary>
    private static long? Latest(Decision[] decisions)
    {
        long? latest = null;
        foreach (var decision in decisions)
        {
            if (decision.Proposal is Proposal.Done { Outcome.Revision: var revision } && (latest is null || revision > latest))
            {
                latest = revision;
            }
        }

        return latest;
    }

    private static Problem? RefuseHeaders(RequestTerms terms) =>
        terms.IdempotencyKey is not null
            ? Problem.Malformed(HeaderNames.IdempotencyKey, "Idempotency-Key is of one write; each item of a batch has an idempotencyKey of its own")
            : DeleteRange.Conditions(terms) is { } header
                ? Problem.Malformed(header, $"{header} is about one row; an item that is a transaction has conditions of its own")
                : null;

    private static Fault? Read(JsonElement json, int longestValue, out BatchItem[] items)
    {
        items = [];
        var reader = new Transactions.ObjectReader(json);
        var list = reader.Take("items");
        reader.End();
        if (list is null)
        {
            reader.Fail("items", "is missing");
        }

        if (reader.Fault is { } fault)
        {
            return fault;
        }

        if (list!.Value.ValueKind != JsonValueKind.Array)
        {
            return new Fault("items", $"is {ColumnTypes.Describe(list.Value)}: an array is expected");
        }

        var count = list.Value.GetArrayLength();
        if (count is 0 or > MaximumItems)
        {
            return new Fault("items", $"has {count} items: 1 to {MaximumItems} are expected");
        }

        items = new BatchItem[count];
        var at = 0;
        foreach (var item in list.Value.EnumerateArray())
        {
            if (BatchItem.Read(item, Places.Item("items", at), longestValue, out items[at]) is { } wrong)
            {
                return wrong;
            }

            at++;
        }

        return null;
    }
}
