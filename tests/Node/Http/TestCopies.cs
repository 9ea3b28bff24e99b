using System.Threading.RateLimiting;
using RaftCluster.Node.Consensus;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Tests.Node.Http;

/// <summary>Copies of a test's rows, as many as are asked for.</summary>
internal sealed class TestCopies(RowStore store, string folder) : IRowCopies
{
    private int _made;

    /// <summary>Fails instead of making one.</summary>
    public StorageException? Failure { get; set; }

    /// <summary>How many are in use.</summary>
    public int InUse { get; private set; }

    /// <summary>What a backup waits for, once its copy is taken.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public RateLimiter? CopyRate => null;

    public async ValueTask<RowCopy> TakeCopyAsync(CancellationToken token)
    {
        if (Failure is { } failure)
        {
            throw failure;
        }

        var copy = Path.Combine(folder, $"copy {_made++}");
        var position = store.Checkpoint(copy);
        InUse++;
        await Gate.WaitAsync(token);
        return new RowCopy(copy, position, [.. new DirectoryInfo(copy).GetFiles().Select(file => (file.Name, file.Length))], () => InUse--);
    }
}
