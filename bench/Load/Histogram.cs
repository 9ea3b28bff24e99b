using System.Numerics;

namespace RaftCluster.Bench.Load;

/// <summary>
/// Durations in buckets that are at most 1/32 wide of what they hold: recording is two shifts and an addition, and
/// allocates nothing. For one thread; merge afterwards.
/// </summary>
internal sealed class Histogram
{
    private const int SubBits = 5;
    private const int Sub = 1 << SubBits;
    private readonly long[] _counts = new long[(64 - SubBits) * Sub];

    /// <summary>How many durations were recorded.</summary>
    public long Count { get; private set; }

    /// <summary>Records one duration.</summary>
    /// <param name="nanoseconds">Its length; at least 0.</param>
    public void Record(long nanoseconds)
    {
        _counts[Bucket((ulong)nanoseconds)]++;
        Count++;
    }

    /// <summary>Adds another histogram's durations to this one.</summary>
    public void Merge(Histogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
    }

    /// <summary>The duration that a share of all recorded ones doesn't exceed, to within 1/32.</summary>
    /// <param name="share">Above 0, at most 1.</param>
    /// <returns>Nanoseconds: the upper bound of the bucket; 0 when nothing was recorded.</returns>
    public long Percentile(double share)
    {
        var wanted = (long)Math.Ceiling(share * Count);
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted && _counts[i] > 0)
            {
                return UpperBound(i);
            }
        }

        return 0;
    }

    private static int Bucket(ulong value)
    {
        if (value < Sub)
        {
            return (int)value;
        }

        var exponent = BitOperations.Log2(value) - SubBits;
        return ((exponent + 1) << SubBits) + (int)((value >> exponent) - Sub);
    }

    private static long UpperBound(int bucket)
    {
        if (bucket < Sub)
        {
            return bucket;
        }

        var exponent = (bucket >> SubBits) - 1;
        return ((long)(Sub + (bucket & (Sub - 1)) + 1) << exponent) - 1;
    }
}
