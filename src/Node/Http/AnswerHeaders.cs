using System.Globalization;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consistency;

namespace RaftCluster.Node.Http;

/// <summary>
/// The headers that every answer carries. Their texts are kept as long as what they say stays the same: most answers
/// of a busy node differ in nothing but the revision, and many reads not even in that.
/// </summary>
internal sealed class AnswerHeaders(string node, IConsensus consensus, Freshness freshness, History history)
{
    private StandingText? _standing;
    private RevisionText _revision = RevisionText.Of(0, history);

    /// <summary>Sets them.</summary>
    /// <param name="headers">The answer's headers.</param>
    /// <param name="revision">The revision that the answer shows or made.</param>
    /// <param name="seen">
    /// The revision of the token that came with the request. An answer from further back (a local read, an error)
    /// must not take a session back, so the token that goes out is never older than the one that came in.
    /// </param>
    /// <param name="linearizable">Whether the answer is as fresh as can be.</param>
    public void Set(IHeaderDictionary headers, long revision, long seen, bool linearizable)
    {
        var text = Of(revision);
        headers[HeaderNames.Revision] = text.Revision;
        headers[HeaderNames.Session] = seen > revision ? history.At(seen).ToString() : text.Session;
        SetStanding(headers);
        if (linearizable)
        {
            headers[HeaderNames.Staleness] = "0";
        }
        else if (freshness.Staleness is { } staleness)
        {
            headers[HeaderNames.Staleness] = ((long)Math.Ceiling(staleness.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Sets those that say whom the client talks to, on an answer that the leader gave.</summary>
    public void SetRelayed(IHeaderDictionary headers)
    {
        headers[HeaderNames.Node] = node;
        headers[HeaderNames.Role] = Standing().Role;
    }

    private void SetStanding(IHeaderDictionary headers)
    {
        var standing = Standing();
        headers[HeaderNames.Term] = standing.Term;
        headers[HeaderNames.Node] = node;
        headers[HeaderNames.Role] = standing.Role;
        if (standing.Leader is { } leader)
        {
            headers[HeaderNames.Leader] = leader;
        }
    }

    private StandingText Standing()
    {
        var standing = consensus.Standing;
        var text = _standing;
        if (text is null || text.Of != standing)
        {
            text = new StandingText(
                standing,
                Statuses.Text(standing.Role),
                standing.Leader?.Id,
                standing.Term.ToString(CultureInfo.InvariantCulture));
            _standing = text;
        }

        return text;
    }

    private RevisionText Of(long revision)
    {
        var text = _revision;
        if (text.Number != revision)
        {
            text = RevisionText.Of(revision, history);
            _revision = text;
        }

        return text;
    }

    private sealed record StandingText(Standing Of, string Role, string? Leader, string Term);

    private sealed record RevisionText(long Number, string Revision, string Session)
    {
        public static RevisionText Of(long revision, History history) =>
            new(revision, revision.ToString(CultureInfo.InvariantCulture), history.At(revision).ToString());
    }
}
