namespace RaftCluster.Node.Space;

/// <summary>The rule of the reserve: below it a disk is low, and it is low until there is an eighth more than that.</summary>
public static class Reserve
{
    private const long Least = 256L << 20;
    private const long Most = 8L << 30;

    /// <summary>
    /// What is kept free when nothing was stated: 2 % of the disk, from 256 MiB to 8 GiB, and never more than a tenth of it.
    /// </summary>
    /// <param name="total">The disk's size in bytes.</param>
    public static long Default(long total) => Math.Min(Math.Clamp(total / 50, Least, Most), total / 10);

    /// <summary>From how many free bytes on a disk that was low is no longer: not at the bound, or each write would change it.</summary>
    public static long Enough(long reserve, long working) => reserve + working + (reserve / 8);

    /// <summary>Whether a disk is low.</summary>
    /// <param name="was">Whether it was.</param>
    /// <param name="free">Its free bytes.</param>
    /// <param name="reserve">The bytes to keep free; 0 for none at all.</param>
    /// <param name="working">The bytes that the store needs beside them for a while, to rewrite its files.</param>
    public static bool IsLow(bool was, long free, long reserve, long working) =>
        reserve > 0 && free < (was ? Enough(reserve, working) : reserve + working);
}
