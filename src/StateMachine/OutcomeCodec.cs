namespace RaftCluster.StateMachine;

/// <summary>Outcomes as bytes, as they are kept under idempotency keys.</summary>
public static class OutcomeCodec
{
    /// <summary>Writes an outcome.</summary>
    /// <param name="outcome">Any but <see cref="Outcome.Replayed"/> and <see cref="Outcome.KeyReused"/>, which are not kept.</param>
    public static byte[] Encode(Outcome outcome) => throw new InvariantException($"no encoding for {outcome.GetType().Name}");

    /// <summary>Reads an outcome.</summary>
    /// <exception cref="InvariantException">It is damaged, or a newer version of this code wrote it.</exception>
    public static Outcome Decode(ReadOnlySpan<byte> bytes) => throw new InvariantException($"no decoding of {bytes.Length} bytes");
}
