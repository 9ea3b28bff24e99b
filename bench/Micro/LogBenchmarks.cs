using BenchmarkDotNet.Attributes;
using RaftCluster.Node.Consensus.Log;

namespace RaftCluster.Micro;

/// <summary>The log, on this machine's disk.</summary>
[MemoryDiagnoser]
public class LogBenchmarks
{
    private readonly byte[] _entry = Sample.Entry(64);
    private DirectoryInfo _folder = null!;
    private SegmentedLog _log = null!;

    /// <summary>Opens an empty log.</summary>
    [GlobalSetup]
    public void Open()
    {
        _folder = Directory.CreateTempSubdirectory("micro-log-");
        _log = SegmentedLog.Open(_folder.FullName, new SegmentedLogOptions());
    }

    /// <summary>An entry of 64 puts appended, and on the disk.</summary>
    [Benchmark]
    public async Task<bool> AppendAndSync()
    {
        var index = _log.Append(1, LogEntryKind.Command, _entry);
        var synced = await _log.SyncAsync(index);
        if (_log.LastIndex - _log.FirstIndex > 20_000)
        {
            _log.DropBefore(_log.LastIndex - 1_000);
        }

        return synced;
    }

    /// <summary>Eight such entries appended before the disk is asked once for all.</summary>
    [Benchmark(OperationsPerInvoke = 8)]
    public async Task<bool> AppendEightAndSync()
    {
        for (var at = 0; at < 7; at++)
        {
            _log.Append(1, LogEntryKind.Command, _entry);
        }

        return await AppendAndSync();
    }

    /// <summary>Closes the log.</summary>
    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _log.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
