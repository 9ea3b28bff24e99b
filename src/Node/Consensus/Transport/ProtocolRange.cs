namespace RaftCluster.Node.Consensus.Transport;

/// <summary>The protocols between nodes that one of them speaks.</summary>
/// <param name="Lowest">The oldest.</param>
/// <param name="Highest">The newest.</param>
internal readonly record struct ProtocolRange(ushort Lowest, ushort Highest)
{
    /// <summary>Those of this code. The next version's begins with the newest of this one.</summary>
    public static ProtocolRange Own { get; } = new(Frame.Protocol, Frame.Protocol);

    /// <summary>The newest protocol that both speak; null when there is none.</summary>
    public ushort? With(ProtocolRange other) =>
        Math.Min(Highest, other.Highest) is var common && common >= Math.Max(Lowest, other.Lowest) ? common : null;

    /// <inheritdoc/>
    public override string ToString() => Lowest == Highest ? $"protocol {Highest}" : $"protocols {Lowest} to {Highest}";
}
