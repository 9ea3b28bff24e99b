using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consistency;
using RaftCluster.Node.Tracing;

namespace RaftCluster.Node.Http;

/// <summary>The way of every read: through the gate, or to the leader.</summary>
internal static class Reads
{
    /// <summary>How long a follower tries by itself before it lets the leader answer.</summary>
    private static readonly TimeSpan _ownTry = TimeSpan.FromSeconds(1);

    /// <summary>Answers a read.</summary>
    public static ValueTask AnswerAsync(Call call, RowsRead read)
    {
        if (call.Terms.IsForwarded && call.Api.Consensus.Standing.Role != Role.Leader)
        {
            return Forwards.RefuseAsync(call);
        }

        // The common case needs no patience, and no state machine of its own.
        if (call.Terms.Consistency != ReadConsistency.Local || read.Revision is not null || call.Api.Consensus.Standing.IsRebuilding)
        {
            return AnswerInTimeAsync(call, read);
        }

        var meters = call.Api.Diagnosis.Metrics.Reads;
        meters.Passed(ReadConsistency.Local);
        meters.Served(ReadConsistency.Local, call.Api.Freshness.Staleness);
        return read.ShowAsync(call, call.Api.Store.Read());
    }

    private static async ValueTask AnswerInTimeAsync(Call call, RowsRead read)
    {
        var (api, terms) = (call.Api, call.Terms);
        var mayForward = terms.FallsBackToLeader && !terms.IsForwarded;
        using var patience = Patience.Start(terms.Wait, api.Time);
        for (var tries = 0; ; tries++)
        {
            var follows = mayForward && api.Consensus.Standing.Role != Role.Leader;
            var passage = await OpenAsync(call, read, follows ? Shorter(patience.Left / 2, _ownTry) : patience.Left);
            if (passage == Passage.Open)
            {
                var ahead = read.Revision > api.Store.Applied.Revision;
                call.IsFresh = terms.Consistency == ReadConsistency.Linearizable;
                api.Diagnosis.Metrics.Reads.Served(terms.Consistency, call.IsFresh ? null : api.Freshness.Staleness);
                await (ahead ? call.RefuseAsync(NotYet(read)) : read.ShowAsync(call, api.Store.Read()));
                return;
            }

            if (!mayForward || patience.IsOver)
            {
                await call.RefuseAsync(Refusal(passage, terms));
                return;
            }

            if (await Forwards.TryAsync(call, default, patience, tries, isRefusedHere: !follows) is { } end)
            {
                if (end.Problem is not null)
                {
                    await call.RefuseAsync(passage == Passage.NotCaughtUp ? Refusal(passage, terms) : end.Problem);
                }

                return;
            }
        }
    }

    private static async ValueTask<Passage> OpenAsync(Call call, RowsRead read, TimeSpan wait)
    {
        var (api, terms) = (call.Api, call.Terms);
        if (api.Consensus.Standing.IsRebuilding)
        {
            return Passage.NotCaughtUp;
        }

        using var patience = Patience.Start(wait, api.Time);
        using var span = NodeTrace.Begin(Spans.ReadGate);
        var begun = api.Time.GetTimestamp();
        var passage = await api.Gate.OpenAsync(terms.ReadTerms, patience.Token);
        // After a linearizable gate a revision that is not here has not happened; otherwise it may be on its way.
        if (passage == Passage.Open && read.Revision is { } revision && terms.Consistency != ReadConsistency.Linearizable)
        {
            passage = await api.Gate.WaitForRevisionAsync(revision, patience.Token);
        }

        if (span is { IsAllDataRequested: true })
        {
            _ = span.SetTag(SpanAttributes.Consistency, Statuses.Text(terms.Consistency)).SetTag(SpanAttributes.Result, Word(passage));
        }

        api.Diagnosis.Metrics.Reads.Asked(terms.Consistency, passage, api.Time.GetElapsedTime(begun));
        return passage;
    }

    private static string Word(Passage passage) => passage switch
    {
        Passage.Open => "open",
        Passage.NotCaughtUp => "not-caught-up",
        Passage.NoLeader => "no-leader",
        _ => throw new StateMachine.InvariantException($"no word for {passage}"),
    };

    private static Problem NotYet(RowsRead read) =>
        Problem.Malformed(read.RevisionField, $"revision {read.Revision} has not happened yet");

    private static Problem Refusal(Passage passage, RequestTerms terms) =>
        passage == Passage.NoLeader && terms.FallsBackToLeader
            ? new Problem(ProblemCode.NoLeader, "no leader could be confirmed in time") { Retryable = true }
            : new Problem(ProblemCode.NotCaughtUp, passage switch
            {
                Passage.NoLeader => "no leader could be confirmed in time, so nobody knows how fresh this copy is",
                _ => "this copy did not become as fresh as asked in time",
            })
            { Retryable = true };

    private static TimeSpan Shorter(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
