namespace RaftCluster.StateMachine;

/// <summary>
/// The name of one log entry, made by the proposer (128 random bits). A waiter is answered only by the entry
/// that carries its own request id, never by what merely stands at the index it hoped for.
/// </summary>
/// <param name="High">The first 64 bits.</param>
/// <param name="Low">The last 64 bits.</param>
public readonly record struct RequestId(ulong High, ulong Low)
{
    /// <summary>The id of nobody: no waiter ever carries it.</summary>
    public static RequestId None => default;

    /// <summary>Takes the id from a <see cref="Guid"/>'s 128 bits.</summary>
    /// <param name="id">A random (version 4) or time-ordered (version 7) id.</param>
    public static RequestId From(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return new RequestId(
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
    }

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{High:x16}{Low:x16}";
}
