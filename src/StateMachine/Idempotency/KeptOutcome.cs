namespace RaftCluster.StateMachine.Idempotency;

/// <summary>
/// An outcome that is kept under an idempotency key:
/// <code>record = format:u8 (1), time:i64 (little-endian), request hash:16 bytes (big-endian), outcome (see <see cref="OutcomeCodec"/>)</code>
/// </summary>
/// <param name="Time">The time of its entry, in microseconds since 1970 (UTC).</param>
/// <param name="RequestHash">The hash of the request that it came of.</param>
/// <param name="Outcome">What came of it.</param>
internal sealed record KeptOutcome(long Time, UInt128 RequestHash, Outcome Outcome)
{
    public const byte Format = 1;

    public byte[] ToRecord()
    {
        var writer = new ByteWriter();
        writer.U8(Format);
        writer.I64(Time);
        writer.U128BigEndian(RequestHash);
        writer.Bytes(OutcomeCodec.Encode(Outcome));
        return writer.ToArray();
    }

    public static KeptOutcome Read(ReadOnlySpan<byte> record)
    {
        var reader = new SpanReader(record, "kept outcome");
        reader.Require(reader.U8("format") == Format, "format is unknown: a newer version wrote it, or it is damaged");
        return new KeptOutcome(
            reader.I64("time"), reader.U128BigEndian("request hash"), OutcomeCodec.Decode(reader.Rest()));
    }
}
