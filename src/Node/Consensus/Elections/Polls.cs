using System.Collections.Concurrent;

namespace RaftCluster.Node.Consensus.Elections;

/// <summary>How far this node's latest attempt to be elected has come.</summary>
internal enum Attempt
{
    /// <summary>Nobody was asked yet, or not everybody who counts has answered.</summary>
    UnderWay,

    /// <summary>A majority said no, or nothing: it is over.</summary>
    Lost,
}

/// <summary>
/// The rounds of questions that a candidate puts to the voters. The library waits for the last answer although a majority
/// has said yes: a voter that hangs would cost an election its whole time limit, so it is given up once the others decide.
/// </summary>
/// <param name="voters">Tells how many voters there are, this node among them.</param>
internal sealed class Polls(Func<int> voters)
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, string> _answers = new(StringComparer.Ordinal);
    private Poll? _open;
    private volatile Attempt _attempt;

    /// <summary>How far the latest attempt is.</summary>
    public Attempt Attempt => _attempt;

    /// <summary>An attempt was lost.</summary>
    public event Action? Lost;

    /// <summary>What the other voters said last, for people.</summary>
    public string LastAnswers => string.Join(", ", _answers.OrderBy(answer => answer.Key, StringComparer.Ordinal).Select(answer => $"{answer.Key} {answer.Value}"));

    /// <summary>An attempt begins.</summary>
    public void Begin() => _attempt = Attempt.UnderWay;

    /// <summary>This node's own yes.</summary>
    public void GrantOwn(bool pre, long term) => Answer(Join(pre, term), isYes: true);

    /// <summary>Waits for a voter's answer, or until the others have decided.</summary>
    /// <param name="pre">Whether it is the question before the election.</param>
    /// <param name="term">The candidate's term.</param>
    /// <param name="voter">Who is asked.</param>
    /// <param name="ask">Asks; it may throw.</param>
    /// <param name="isYes">Whether an answer is a yes.</param>
    /// <returns>The answer, and whether there is one.</returns>
    public async Task<(bool Answered, T? Answer)> AskAsync<T>(bool pre, long term, string voter, Func<Task<T>> ask, Func<T, bool> isYes)
    {
        var poll = Join(pre, term);
        var asking = ask();
        _ = CountAsync(voter, asking, isYes, poll);
        await Task.WhenAny(asking, poll.Decided).ConfigureAwait(false);
        return asking.IsCompleted ? (true, await asking.ConfigureAwait(false)) : (false, default);
    }

    /// <summary>Counts an answer once its caller can see it: the one that decides must not be taken for one given up.</summary>
    private async Task CountAsync<T>(string voter, Task<T> asking, Func<T, bool> isYes, Poll poll)
    {
        await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var agrees = asking.IsCompletedSuccessfully && isYes(await asking.ConfigureAwait(false));
        _answers[voter] = agrees ? "agrees" : asking.IsCompletedSuccessfully ? "disagrees" : "can't be reached";
        Answer(poll, agrees);
    }

    private void Answer(Poll poll, bool isYes)
    {
        if (!poll.Answer(isYes))
        {
            return;
        }

        lock (_gate)
        {
            // An attempt that was begun meanwhile has asked nobody yet, or somebody else.
            if (poll != _open)
            {
                return;
            }

            _attempt = Attempt.Lost;
        }

        Lost?.Invoke();
    }

    private Poll Join(bool pre, long term)
    {
        lock (_gate)
        {
            if (_open is null || _open.Of != (pre, term) || _open.Asked == _open.Voters)
            {
                _open = new Poll((pre, term), voters());
                _attempt = Attempt.UnderWay;
            }

            _open.Asked++;
            return _open;
        }
    }

    private sealed class Poll((bool, long) of, int voters)
    {
        private readonly TaskCompletionSource _decided = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _granted;
        private int _refused;

        public (bool Pre, long Term) Of => of;

        public int Voters => voters;

        public int Asked { get; set; }

        public Task Decided => _decided.Task;

        /// <summary>Counts an answer.</summary>
        /// <returns>Whether it is the one with which the poll is lost.</returns>
        public bool Answer(bool isYes)
        {
            if (!isYes)
            {
                return Interlocked.Increment(ref _refused) == voters - (voters / 2);
            }

            if (Interlocked.Increment(ref _granted) > voters / 2)
            {
                _decided.TrySetResult();
            }

            return false;
        }
    }
}
