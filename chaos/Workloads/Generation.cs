namespace RaftCluster.Chaos.Workloads;

/// <summary>
/// The name of a row that a few clients share, and leave for a new one after so many operations, or so many of unknown
/// outcome: each of these is under way for ever, and checking would take for ever, too.
/// </summary>
/// <param name="prefix">How it begins.</param>
/// <param name="mostOperations">After how many operations.</param>
internal sealed class Generation(string prefix, int mostOperations)
{
    private const int MostUnknown = 6;

    private readonly Lock _lock = new();
    private int _number = 1;
    private int _operations;
    private int _unknown;

    /// <summary>Its name now.</summary>
    public string Key
    {
        get
        {
            lock (_lock)
            {
                return $"{prefix}/{_number}";
            }
        }
    }

    /// <summary>Counts an operation.</summary>
    public void Count(string key, bool isUnknown)
    {
        lock (_lock)
        {
            if (key != $"{prefix}/{_number}")
            {
                return;
            }

            _operations++;
            _unknown += isUnknown ? 1 : 0;
            if (_operations >= mostOperations || _unknown >= MostUnknown)
            {
                (_number, _operations, _unknown) = (_number + 1, 0, 0);
            }
        }
    }
}
