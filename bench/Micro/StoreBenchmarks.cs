using BenchmarkDotNet.Attributes;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Micro;

/// <summary>Entries that are applied to real rows, in a folder of their own.</summary>
[MemoryDiagnoser]
public class StoreBenchmarks : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("micro-store-");
    private ReadOnlyMemory<byte>[] _transactions = [];
    private RowStore _store = null!;

    /// <summary>How many puts an entry has.</summary>
    [Params(1, 64)]
    public int Puts { get; set; }

    /// <summary>Opens an empty store.</summary>
    [GlobalSetup]
    public void Open()
    {
        _store = RowStore.Open(_folder.FullName);
        _transactions = [.. Enumerable.Range(0, Puts).Select(row => (ReadOnlyMemory<byte>)Sample.Put(row))];
    }

    /// <summary>An entry composed and applied: its rows, their history, and the running hash of the whole.</summary>
    [Benchmark]
    public int Apply()
    {
        var at = _store.Applied;
        return _store.Apply(at.Index + 1, 1, EntryCodec.ComposeEntry(new RequestId(1, 2), at.Time + 1, _transactions)).Count;
    }

    /// <summary>Closes the store.</summary>
    [GlobalCleanup]
    public void Close() => Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        _store?.Dispose();
        if (_folder.Exists)
        {
            _folder.Delete(recursive: true);
            _folder.Refresh();
        }

        GC.SuppressFinalize(this);
    }
}
