using System.Globalization;
using System.Text.Json;
using RaftCluster.Node.Retention;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary><c>POST /v1/compact</c> <c>{"revision":N}</c>: drops the history below a revision, never current rows.</summary>
internal sealed class CompactHistory(long revision) : Write
{
    private const string Member = "revision";

    /// <summary>Answers the request.</summary>
    public static async ValueTask AnswerAsync(Call call)
    {
        if ((call.Query.RefuseRest() ?? Refuse(call.Terms)) is { } wrong)
        {
            await call.RefuseAsync(wrong);
            return;
        }

        var (problem, request) = await JsonRequest.ReadAsync(call, call.Api.Options.MaxValue, JsonRequest.Types);
        using (request)
        {
            var revision = 0L;
            problem ??= Read(request!.Json, out revision);
            await (problem is not null
                ? call.RefuseAsync(problem)
                : Writes.AnswerAsync(call, new CompactHistory(revision), request!.Body));
        }
    }

    /// <inheritdoc/>
    public override Plan Prepare(Call call) => revision > call.Api.Store.Applied.Revision
        ? Plan.Refuse(Problem.Malformed(Member, $"revision {revision} has not happened yet"))
        : Plan.Propose(EntryCodec.EncodeTransaction(Compaction.Of(revision)));

    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, Outcome outcome)
    {
        if (outcome is not Outcome.Transacted { Results: [OperationResult.Compacted compacted] })
        {
            throw new InvariantException($"no answer for {outcome}");
        }

        call.SetHeaders(StatusCodes.Status200OK, outcome.Revision);
        return call.EndJsonAsync(string.Create(
            CultureInfo.InvariantCulture, $"{{\"revision\":{outcome.Revision},\"oldestRevision\":{compacted.Floor}}}"));
    }

    private static Problem? Refuse(RequestTerms terms) => DeleteRange.Conditions(terms) is { } header
        ? Problem.Malformed(header, $"{header} is about one row; history has no entity tag")
        : null;

    private static Problem? Read(JsonElement json, out long revision)
    {
        revision = 0;
        if (json.ValueKind != JsonValueKind.Object)
        {
            return Problem.Malformed("body", """the body is no JSON object: {"revision":41} is expected""");
        }

        foreach (var member in json.EnumerateObject())
        {
            if (member.Name != Member)
            {
                return Problem.Malformed(member.Name, $"'{member.Name}' means nothing here; only '{Member}' does");
            }

            if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt64(out revision) || revision < 1)
            {
                return Problem.Malformed(Member, "revision is a whole number from 1");
            }
        }

        return revision > 0 ? null : Problem.Malformed(Member, "revision is missing: the oldest one that stays readable");
    }
}
