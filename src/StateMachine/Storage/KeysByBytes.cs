using System.IO.Hashing;

namespace RaftCluster.StateMachine.Storage;

/// <summary>Compares keys by their bytes, also without copying them.</summary>
internal sealed class KeysByBytes :
    IEqualityComparer<ReadOnlyMemory<byte>>,
    IAlternateEqualityComparer<ReadOnlySpan<byte>, ReadOnlyMemory<byte>>
{
    public static readonly KeysByBytes Instance = new();

    public bool Equals(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right) =>
        left.Span.SequenceEqual(right.Span);

    public int GetHashCode(ReadOnlyMemory<byte> key) => GetHashCode(key.Span);

    public bool Equals(ReadOnlySpan<byte> alternate, ReadOnlyMemory<byte> other) =>
        alternate.SequenceEqual(other.Span);

    public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)XxHash3.HashToUInt64(alternate);

    public ReadOnlyMemory<byte> Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
