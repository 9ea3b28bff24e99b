namespace RaftCluster.StateMachine.Storage;

/// <summary>Counts the users of a native resource, its owner being the first. At zero it is over for good.</summary>
internal struct UserCount()
{
    private int _users = 1;

    /// <summary>Counts a user in; false when the last one has left.</summary>
    public bool TryEnter()
    {
        var users = Volatile.Read(ref _users);
        while (users > 0)
        {
            var seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                return true;
            }

            users = seen;
        }

        return false;
    }

    /// <summary>Counts a user out; true for the last one, who frees the resource.</summary>
    public bool Leave()
    {
        var left = Interlocked.Decrement(ref _users);
        Invariant.Holds(left >= 0, "who leaves has entered");
        return left == 0;
    }
}
