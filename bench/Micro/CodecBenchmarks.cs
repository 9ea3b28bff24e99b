using System.Buffers;
using BenchmarkDotNet.Attributes;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Micro;

/// <summary>Entries between requests and the log, and keys between rows and the store.</summary>
[MemoryDiagnoser]
public class CodecBenchmarks
{
    private readonly byte[] _key = Sample.Key(1);
    private readonly byte[] _entry = Sample.Entry(64);
    private readonly ReadOnlyMemory<byte>[] _puts = [.. Enumerable.Range(0, 64).Select(row => (ReadOnlyMemory<byte>)Sample.Put(row))];
    private readonly byte[] _target = new byte[HistoryKey.MaximumLength];

    /// <summary>A request's key and value as a transaction.</summary>
    [Benchmark]
    public byte[] EncodePut() => EntryCodec.EncodePut(Sample.Table, _key, new ReadOnlySequence<byte>(Sample.Value), null, Precondition.None);

    /// <summary>64 transactions as an entry.</summary>
    [Benchmark]
    public byte[] ComposeEntryOf64() => EntryCodec.ComposeEntry(new RequestId(1, 2), 1, _puts);

    /// <summary>An entry of 64 transactions, gone through.</summary>
    [Benchmark]
    public int ReadEntryOf64()
    {
        var reader = new EntryReader(_entry);
        var count = 0;
        while (reader.Next(out _))
        {
            count++;
        }

        return count;
    }

    /// <summary>The key under which a row stands.</summary>
    [Benchmark]
    public int RowKeyOf() => RowKey.Write(_target, "kv"u8, _key);

    /// <summary>The key under which a row of before stands.</summary>
    [Benchmark]
    public int HistoryKeyOf()
    {
        Span<byte> row = stackalloc byte[RowKey.MaximumLength];
        var length = RowKey.Write(row, "kv"u8, _key);
        var group = HistoryKey.WriteGroup(_target, row[..length]);
        return group + HistoryKey.WriteRevision(_target, group, 7);
    }
}
