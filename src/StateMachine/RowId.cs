namespace RaftCluster.StateMachine;

/// <summary>Which row is meant, in bytes.</summary>
/// <param name="Table">The table's name in UTF-8.</param>
/// <param name="Key">The key.</param>
internal readonly record struct RowId(byte[] Table, byte[] Key)
{
    /// <summary>The order in which rows are stored: by the length of their table's name, its bytes, and the key's.</summary>
    public static IComparer<RowId> Order { get; } = Comparer<RowId>.Create(Compare);

    private static int Compare(RowId left, RowId right)
    {
        var order = left.Table.Length.CompareTo(right.Table.Length);
        order = order != 0 ? order : left.Table.AsSpan().SequenceCompareTo(right.Table);
        return order != 0 ? order : left.Key.AsSpan().SequenceCompareTo(right.Key);
    }
}
