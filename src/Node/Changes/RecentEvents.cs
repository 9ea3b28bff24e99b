using RaftCluster.StateMachine;

namespace RaftCluster.Node.Changes;

/// <summary>
/// The newest revisions with the events that were made of them, for all readers together: bounded in bytes and in number,
/// so that no reader can make a node hold more. Safe from any thread.
/// </summary>
/// <param name="most">The most bytes of events; at least the newest event is kept whatever its size.</param>
internal sealed class RecentEvents(long most)
{
    private const int MostRevisions = 1 << 16;

    private readonly Lock _gate = new();
    private readonly RenderedEvent?[] _events = new RenderedEvent?[MostRevisions];
    private long _first = 1;
    private long _next = 1;
    private long _bytes;

    /// <summary>Adds the next revision.</summary>
    /// <param name="revision">One more than the last.</param>
    /// <param name="rendered">Its event; null when no reader wants anything of it.</param>
    public void Add(long revision, RenderedEvent? rendered)
    {
        lock (_gate)
        {
            Invariant.Holds(revision == _next, "revisions come in order, each once");
            if (_next - _first == MostRevisions)
            {
                RemoveFirst();
            }

            _events[revision % MostRevisions] = rendered;
            _next++;
            _bytes += rendered?.Length ?? 0;
            while (_bytes > most && _first < _next - 1)
            {
                RemoveFirst();
            }
        }
    }

    /// <summary>Forgets everything, and goes on with a revision.</summary>
    public void Restart(long next)
    {
        lock (_gate)
        {
            Array.Clear(_events);
            (_first, _next, _bytes) = (next, next, 0);
        }
    }

    /// <summary>Finds a revision that was added.</summary>
    /// <param name="revision">The revision.</param>
    /// <param name="rendered">Its event; null when none of the readers at that time wanted anything of it.</param>
    /// <returns>Whether it is kept still.</returns>
    public bool TryGet(long revision, out RenderedEvent? rendered)
    {
        lock (_gate)
        {
            var kept = revision >= _first && revision < _next;
            rendered = kept ? _events[revision % MostRevisions] : null;
            return kept;
        }
    }

    private void RemoveFirst()
    {
        ref var oldest = ref _events[_first++ % MostRevisions];
        _bytes -= oldest?.Length ?? 0;
        oldest = null;
    }
}
