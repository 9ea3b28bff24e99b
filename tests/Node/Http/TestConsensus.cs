using System.Collections.Immutable;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.StateMachine;

namespace RaftCluster.Tests.Node.Http;

/// <summary>
/// Agreement as a test wants it: the leader applies at once and passes its entries to the followers that are not cut
/// off. What it answers can be scripted.
/// </summary>
internal sealed partial class TestConsensus(Member self, ImmutableArray<Member> members, IStateMachine store, TimeProvider time)
    : IConsensus
{
    private readonly Lock _applying = new();
    private readonly Member _self = self;
    private readonly List<(long Term, byte[] Entry)> _log = [];
    private TaskCompletionSource _moved = New();
    private Standing _standing = new(Role.Follower, null, 1);

    /// <summary>The followers of this node when it leads, and its leader when it does not.</summary>
    public List<TestConsensus> Peers { get; } = [];

    /// <summary>Whether the others are out of reach.</summary>
    public bool IsCutOff { get; set; }

    /// <summary>Answers proposals instead of this leader.</summary>
    public Func<ReadOnlyMemory<byte>, Proposal>? Answer { get; set; }

    /// <summary>Happens between what a node decides to propose and its place in the log.</summary>
    public Func<Task>? BeforeProposal { get; set; }

    /// <summary>Whether a durable-everywhere write gets there.</summary>
    public bool EveryVoterHasIt { get; set; } = true;

    /// <summary>Members that were not there in the beginning.</summary>
    public List<Member> Joined { get; } = [];

    /// <summary>The voters whose disks are low, too many of them.</summary>
    public IReadOnlyList<MemberStatus> VotersWithoutRoom { get; set; } = [];

    public int Proposed { get; private set; }

    public int Confirmed { get; private set; }

    public bool Resigned { get; private set; }

    public Standing Standing
    {
        get => _standing;
        set
        {
            _standing = value;
            Move();
        }
    }

    /// <summary>What it says of itself to who measures.</summary>
    public ConsensusFigures Figures { get; set; } = ConsensusFigures.None;

    /// <summary>Changes how the cluster looks.</summary>
    public Func<ConsensusStatus, ConsensusStatus> Shown { get; set; } = status => status;

    public ConsensusStatus Status => Shown(Seen);

    private ConsensusStatus Seen => new(
        _self, Standing.Role, Standing.Leader, Standing.Term, _log.Count, _log.Count, store.Applied.Index,
        [.. members.Concat(Joined).Select(member => new MemberStatus(new ConfiguredMember(member, MemberRole.Voter, Promotion.Auto), member == _self ? store.Applied.Index : null, null))])
    {
        IsDrained = IsDrained,
    };

    public long LedTerm => Standing is { Role: Role.Leader, Term: var term } ? term : 0;

    public void Lead() => Standing = new Standing(Role.Leader, _self, Standing.Term + 1);

    public void Follow(TestConsensus leader, Member member)
    {
        Peers.Add(leader);
        leader.Peers.Add(this);
        Standing = new Standing(Role.Follower, member, leader.Standing.Term);
    }

    public void LoseLeader() => Standing = new Standing(Role.Follower, null, Standing.Term);

    /// <summary>Joins again and applies what was missed.</summary>
    public void Reconnect()
    {
        IsCutOff = false;
        foreach (var leader in Peers.Where(peer => peer.Standing.Role == Role.Leader))
        {
            leader.Pass(this);
        }
    }

    /// <summary>What is held is done at once: nothing here shares an entry.</summary>
    public void ProposeHeld()
    {
    }

    public async ValueTask<Proposal> ProposeAsync(
        ReadOnlyMemory<byte> transaction, Durability durability, CancellationToken patience, bool held = false)
    {
        if (!held)
        {
            await Task.Yield();
        }

        if (BeforeProposal is { } happens)
        {
            await happens();
        }

        if (Answer is { } answer)
        {
            return answer(transaction);
        }

        if (Standing.Role != Role.Leader)
        {
            return new Proposal.NotLeader();
        }

        lock (_applying)
        {
            Proposed++;
            var entry = EntryCodec.ComposeEntry(RequestId.From(Guid.NewGuid()), 1, transaction);
            var index = _log.Count + 1;
            var outcome = Apply(index, Standing.Term, entry)[0];
            foreach (var follower in Peers.Where(peer => !peer.IsCutOff))
            {
                Pass(follower);
            }

            return durability == Durability.Leader
                ? new Proposal.Accepted(index, Standing.Term)
                : new Proposal.Done(outcome, index, Standing.Term, durability != Durability.All || EveryVoterHasIt);
        }
    }

    /// <summary>Commits one entry of these transactions.</summary>
    public void Do(params ReadOnlySpan<Command> commands)
    {
        lock (_applying)
        {
            ReadOnlyMemory<byte>[] transactions = new ReadOnlyMemory<byte>[commands.Length];
            for (var at = 0; at < commands.Length; at++)
            {
                transactions[at] = EntryCodec.EncodeTransaction(commands[at]);
            }

            Apply(_log.Count + 1, Standing.Term, EntryCodec.ComposeEntry(RequestId.From(Guid.NewGuid()), 1, transactions));
            foreach (var follower in Peers.Where(peer => !peer.IsCutOff))
            {
                Pass(follower);
            }
        }
    }

    /// <summary>A snapshot is installed.</summary>
    public void SwitchTo(string folder)
    {
        lock (_applying)
        {
            store.SwitchTo(folder);
            Move();
        }
    }

    public async ValueTask<Confirmation?> ConfirmLeadershipAsync(CancellationToken patience)
    {
        var begunAt = time.GetTimestamp();
        while (true)
        {
            var moved = _moved.Task;
            var leader = Standing.Role == Role.Leader ? this : Peers.Find(peer => peer.Standing.Role == Role.Leader);
            if (!IsCutOff && leader is { IsCutOff: false })
            {
                Confirmed++;
                return new Confirmation(leader._log.Count, begunAt);
            }

            try
            {
                await moved.WaitAsync(patience);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }

    public ValueTask WaitForAppliedAsync(long index, CancellationToken patience) =>
        WaitAsync(() => store.Applied.Index >= index, patience);

    public ValueTask WaitForRevisionAsync(long revision, CancellationToken patience) =>
        WaitAsync(() => store.Applied.Revision >= revision, patience);

    public async ValueTask<Member> WaitForLeaderAsync(CancellationToken patience)
    {
        await WaitAsync(() => Standing.Leader is not null, patience);
        return Standing.Leader!;
    }

    /// <summary>What a change of the membership is answered with; each asked for is noted.</summary>
    public Func<MemberChange, MembershipAnswer>? AnswerToChange { get; set; }

    public ValueTask<MembershipAnswer> ChangeMembersAsync(MemberChange change, CancellationToken patience) =>
        ValueTask.FromResult(AnswerToChange?.Invoke(change) ?? new MembershipAnswer.NotLeader());

    public async ValueTask<long> WaitForLedTermAsync(long known, CancellationToken patience)
    {
        await WaitAsync(() => LedTerm != known, patience);
        return LedTerm;
    }

    public ValueTask ResignAsync(CancellationToken patience)
    {
        Resigned = true;
        return default;
    }

    /// <summary>Applies transactions as one entry.</summary>
    public void Apply(params ReadOnlySpan<ReadOnlyMemory<byte>> transactions)
    {
        lock (_applying)
        {
            Apply(_log.Count + 1, Standing.Term, EntryCodec.ComposeEntry(RequestId.From(Guid.NewGuid()), 1, transactions));
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async ValueTask WaitAsync(Func<bool> reached, CancellationToken patience)
    {
        while (true)
        {
            var moved = Volatile.Read(ref _moved).Task;
            if (reached())
            {
                return;
            }

            await moved.WaitAsync(patience);
        }
    }

    private IReadOnlyList<Outcome> Apply(long index, long term, byte[] entry)
    {
        _log.Add((term, entry));
        var outcomes = store.Apply(index, term, entry);
        Move();
        return outcomes;
    }

    private void Pass(TestConsensus follower)
    {
        while (follower._log.Count < _log.Count)
        {
            var (term, entry) = _log[follower._log.Count];
            follower.Apply(follower._log.Count + 1, term, entry);
        }
    }

    private void Move() => Interlocked.Exchange(ref _moved, New()).TrySetResult();
}
