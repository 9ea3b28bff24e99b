using RaftCluster.Node.Consensus;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consistency;

/// <summary>
/// The only way to a row: holds a read until this copy is as fresh as the reader asks. The picture must be taken
/// after the gate opened; one taken before may lack what the gate waited for.
/// </summary>
public sealed class ReadGate(IConsensus consensus, IStateMachine store, Freshness freshness)
{
    /// <summary>Waits until the copy is fresh enough.</summary>
    /// <param name="terms">What the reader asks for.</param>
    /// <param name="patience">Cancelled when the reader waits no longer.</param>
    public ValueTask<Passage> OpenAsync(ReadTerms terms, CancellationToken patience) => terms.Consistency switch
    {
#if CHAOS
        ReadConsistency.Linearizable when Mutant.Is(Mutant.ReadWithoutBarrier) => new(Passage.Open),
#endif
        ReadConsistency.Local => new(Passage.Open),
        ReadConsistency.Session => WaitForRevisionAsync(terms.SeenRevision, patience),
        ReadConsistency.Bounded when freshness.Staleness is { } staleness && staleness <= terms.MaxStaleness => new(Passage.Open),
        // A fresh proof also answers a bounded read. What the read waits for the proof may exceed its bound by nothing:
        // the proof begins after the read did.
        ReadConsistency.Bounded or ReadConsistency.Linearizable => ConfirmAsync(patience),
        _ => throw new InvariantException($"unknown consistency {terms.Consistency}"),
    };

    /// <summary>Waits until a revision is applied here.</summary>
    public ValueTask<Passage> WaitForRevisionAsync(long revision, CancellationToken patience)
    {
        return store.Applied.Revision >= revision ? new(Passage.Open) : Wait();

        async ValueTask<Passage> Wait()
        {
            try
            {
                await consensus.WaitForRevisionAsync(revision, patience);
                return Passage.Open;
            }
            catch (OperationCanceledException)
            {
                return Passage.NotCaughtUp;
            }
        }
    }

    /// <summary>Proves leadership and waits until what was acknowledged before the proof is applied here.</summary>
    public async ValueTask<Passage> ConfirmAsync(CancellationToken patience)
    {
        if (await consensus.ConfirmLeadershipAsync(patience) is not { } confirmation)
        {
            return Passage.NoLeader;
        }

        try
        {
            await consensus.WaitForAppliedAsync(confirmation.Index, patience);
        }
        catch (OperationCanceledException)
        {
            return Passage.NotCaughtUp;
        }

        freshness.Note(confirmation);
        return Passage.Open;
    }
}
