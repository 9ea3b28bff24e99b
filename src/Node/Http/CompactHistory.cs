using System.Globalization;
using System.Text.Json;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Retention;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>
/// <c>POST /v1/compact</c> <c>{"revision":N}</c> or <c>{"olderThan":"1h"}</c>: drops the history below a revision, or what is
/// older by the leader's clock; never current rows.
/// </summary>
/// <param name="revision">The oldest revision that stays readable; 0 when an age says it.</param>
/// <param name="age">How long a revision stays readable after the next one; null when a revision is named.</param>
internal sealed class CompactHistory(long revision, TimeSpan? age) : Write
{
    private const string Member = "revision";
    private const string Age = "olderThan";

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
            TimeSpan? age = null;
            problem ??= Read(request!.Json, out revision, out age);
            await (problem is not null
                ? call.RefuseAsync(problem)
                : Writes.AnswerAsync(call, new CompactHistory(revision, age), request!.Body));
        }
    }

    /// <inheritdoc/>
    public override Plan Prepare(Call call)
    {
        if (revision > call.Api.Store.Applied.Revision)
        {
            return Plan.Refuse(Problem.Malformed(Member, $"revision {revision} has not happened yet"));
        }

        return Plan.Propose(EntryCodec.EncodeTransaction(Compaction.Of(age is { } old ? FloorAt(call, old) : revision)));
    }

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

    private static long FloorAt(Call call, TimeSpan age)
    {
        using var rows = call.Api.Store.Read();
        return Math.Max(1, Compaction.FloorOf(rows, new RetentionPolicy(age, null), call.Api.Time.GetUtcNow()));
    }

    private static Problem? Refuse(RequestTerms terms) => DeleteRange.Conditions(terms) is { } header
        ? Problem.Malformed(header, $"{header} is about one row; history has no entity tag")
        : null;

    private static Problem? Read(JsonElement json, out long revision, out TimeSpan? age)
    {
        (revision, age) = (0, null);
        if (json.ValueKind != JsonValueKind.Object)
        {
            return Problem.Malformed("body", """the body is no JSON object: {"revision":41} is expected""");
        }

        foreach (var member in json.EnumerateObject())
        {
            if (member.Name == Age)
            {
                if (member.Value.ValueKind != JsonValueKind.String || !Duration.TryParse(member.Value.GetString(), out var old))
                {
                    return Problem.Malformed(Age, $"{Age} is a text with a time: {Duration.Form}");
                }

                age = old;
                continue;
            }

            if (member.Name != Member)
            {
                return Problem.Malformed(member.Name, $"'{member.Name}' means nothing here; only '{Member}' and '{Age}' do");
            }

            if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt64(out revision) || revision < 1)
            {
                return Problem.Malformed(Member, "revision is a whole number from 1");
            }
        }

        return (revision > 0, age is not null) switch
        {
            (true, true) => Problem.Malformed(Age, $"'{Member}' and '{Age}' can't both be stated"),
            (false, false) => Problem.Malformed(Member, "revision is missing: the oldest one that stays readable"),
            _ => null,
        };
    }
}
