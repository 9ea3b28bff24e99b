using System.Diagnostics;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Raft;

namespace RaftCluster.Node.Consensus.Elections;

/// <summary>
/// Lets this node stand when its leader is silent for the election timeout, or gone for certain. The nodes after the
/// leader in the list of members stand one after the other, so that they don't split the votes; who is promised this
/// node's vote is let go first. The library's timer is set far beyond this one, and changes nothing.
/// </summary>
internal sealed partial class ElectionTimer(
    RaftNode raft, Candidacy candidacy, LeaderContact contact, Polls polls, PeerTable peers, ConsensusOptions options, ILogger logger) : IAsyncDisposable
{
    /// <summary>After how many election timeouts without a leader a drained node stands.</summary>
    public const int TimeoutsOfLastResort = 4;

    private static readonly TimeSpan _shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan _longestStep = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _wake = new(0);
    private Task _running = Task.CompletedTask;

    /// <summary>By how much a node lets another one go first: time for an election, however long the silence before it.</summary>
    public static TimeSpan Step(TimeSpan electionTimeout) => electionTimeout / 6 < _longestStep ? electionTimeout / 6 : _longestStep;

    /// <summary>Begins to watch.</summary>
    public void Start()
    {
        polls.Lost += Wake;
        raft.LeaderChanged += (_, _) => Wake();
        _running = RunAsync(_stopping.Token);
    }

    /// <summary>Something changed: looks now.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (!_stopping.IsCancellationRequested && _wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            _stopping.Cancel();
        }

        await _running.ConfigureAwait(false);
        _stopping.Dispose();
        _wake.Dispose();
    }

    /// <summary>How many others stand before a node: those between it and the leader, as the list of members goes round.</summary>
    public static int RankOf(Member self, Member? leader, IReadOnlyList<Member> members)
    {
        var (own, first) = (IndexOf(members, self), leader is null ? -1 : IndexOf(members, leader));
        return (own - first - 1 + members.Count) % members.Count;
    }

    private static int IndexOf(IReadOnlyList<Member> members, Member member)
    {
        for (var at = 0; at < members.Count; at++)
        {
            if (members[at] == member)
            {
                return at;
            }
        }

        return -1;
    }

    private async Task RunAsync(CancellationToken token)
    {
        try
        {
            var (failures, led) = (0, false);
            while (true)
            {
                var leads = raft.IsLeading;
                if (leads || led)
                {
                    contact.Led(options.Self.Id);
                }
                else
                {
                    candidacy.IsLastResort = contact.Silence >= options.ElectionTimeout * TimeoutsOfLastResort;
                }

                led = leads;
                var left = leads ? options.ElectionTimeout : Left();
                if (left > TimeSpan.Zero)
                {
                    failures = 0;
                    await RestAsync(left, token).ConfigureAwait(false);
                }
                else if (!peers.LocalVotes)
                {
                    // A learner: whoever leads will be heard, or nobody will.
                    await RestAsync(options.ElectionTimeout, token).ConfigureAwait(false);
                }
                else if (candidacy.IsHeldBack)
                {
                    await RestAsync(Step(options.ElectionTimeout) / 4, token).ConfigureAwait(false);
                }
                else if (!candidacy.MayStand(raft.Term) && raft.Leader is null)
                {
                    await RestAsync(options.ElectionTimeout, token).ConfigureAwait(false);
                }
                else
                {
                    // Where it may not stand, the attempt ends before anybody is asked, and no leader is known any more.
                    await StandAsync(token).ConfigureAwait(false);
                    await SettleAsync(token).ConfigureAwait(false);
                    if (polls.Attempt == Attempt.Lost)
                    {
                        await RestAsync(Pause(failures++), token).ConfigureAwait(false);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private Task StandAsync(CancellationToken token)
    {
        if (candidacy.MayStand(raft.Term))
        {
            Log.Stands(logger, contact.Last ?? "a leader", contact.Gone is null ? "silent" : "gone", (long)contact.Silence.TotalMilliseconds);
        }

        polls.Begin();
        return raft.StandAsync(token);
    }

    /// <summary>This node's place among the voters of now; a learner's does not matter.</summary>
    private int Rank()
    {
        var voters = peers.Voters.Select(peer => peer.Member).ToArray();
        return peers.LocalVotes ? RankOf(peers.Local!.Member, Array.Find(voters, voter => voter.Id == contact.Last), voters) : 0;
    }

    /// <summary>
    /// Waits until the attempt is won or lost. On a busy machine that takes a while, and to stand again meanwhile would end it.
    /// </summary>
    private async Task SettleAsync(CancellationToken token)
    {
        var begun = Stopwatch.GetTimestamp();
        while (polls.Attempt == Attempt.UnderWay && !raft.IsLeading && Left() <= TimeSpan.Zero
            && options.ElectionTimeout - Stopwatch.GetElapsedTime(begun) is var left && left > TimeSpan.Zero)
        {
            await RestAsync(left, token).ConfigureAwait(false);
        }
    }

    private TimeSpan Left()
    {
        if (candidacy.IsCalled(raft.Term))
        {
            return TimeSpan.Zero;
        }

        var turn = Step(options.ElectionTimeout) * Rank();
        return contact.Gone is { } gone ? turn - gone : options.ElectionTimeout + turn - contact.Silence;
    }

    /// <summary>Longer with each failure, up to the election timeout: without a majority nobody gains by asking often.</summary>
    private TimeSpan Pause(int failures)
    {
        var first = Step(options.ElectionTimeout) * (1 + Rank()) / 2;
        var pause = first * Math.Pow(2, Math.Min(failures, 10));
        return pause < options.ElectionTimeout ? pause : options.ElectionTimeout;
    }

    /// <summary>Waits, until something changes at most.</summary>
    private Task<bool> RestAsync(TimeSpan most, CancellationToken token) =>
        _wake.WaitAsync(most < _shortest ? _shortest : most, token);

    private static partial class Log
    {
        [LoggerMessage(1251, LogLevel.Information, "stands for election: {Leader} is {State}, last heard {Silence} ms ago")]
        public static partial void Stands(ILogger logger, string leader, string state, long silence);
    }
}
