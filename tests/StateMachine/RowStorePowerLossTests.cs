using System.IO.Hashing;
using System.Text;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using RaftCluster.Tests.Node.Log.Simulation;
using RaftCluster.Tests.StateMachine.Recording;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

/// <summary>
/// The power fails at each call by which RocksDB changes the disk while a store is made, flushed (which is how a node takes
/// a snapshot), copied and closed: what was flushed is there, at an entry's end, and the log can be applied from there on.
/// RocksDB renames its file CURRENT before it syncs the folder, and so builds upon names that reach the disk in order. It
/// also takes its manifest for damaged when the end of one record reached the disk without its beginning, which a disk does
/// that writes less than a page at a time: a node then says so, and is rebuilt from the others.
/// </summary>
public sealed class RowStorePowerLossTests : IDisposable
{
    private const long Last = 40;
    private const long CopiedAt = 30;
    private const long Flushed = 0;
    private const long Copied = 1;

    private static readonly (Survival Survival, int Seed)[] _survivals =
    [
        (Survival.Nothing, 0), (Survival.Everything, 0), (Survival.EarlierSectors, 1), (Survival.EarlierSectors, 2),
        (Survival.EarlierSectors, 3), (Survival.EarlierSectors, 4),
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_power_loss_at_any_call_keeps_what_was_flushed_and_stands_at_an_entrys_end()
    {
        if (RecordedCalls.FolderOfThisProcess is { } folder)
        {
            Story(folder);
            return;
        }

        var calls = await RecordedCalls.OfThisTestAsync(_folder.Path);
        AssertComplete(calls);
        var positions = Positions();
        var seen = new HashSet<(UInt128, long, bool)>();
        var (finished, states) = (false, 0);
        for (var crashAt = 1; !finished; crashAt++)
        {
            var disk = new SimulatedDisk { CrashAt = crashAt, KeepsNamesInOrder = true };
            var (flushed, isCopied) = (0L, false);
            try
            {
                calls.Repeat(disk, (what, index) => (flushed, isCopied) = what == Flushed ? (index, isCopied) : (flushed, true));
                finished = true;
            }
            catch (PowerLostException)
            {
            }

            foreach (var (survival, seed) in _survivals)
            {
                var after = disk.AfterCrash(survival, seed);
                if (seen.Add((HashOf(after), flushed, isCopied)))
                {
                    states++;
                    var when = $"{survival} {seed} at {crashAt}: {string.Join('\n', disk.Trace.TakeLast(30))}";
                    Check(after, calls.Folder, flushed, isCopied, positions, when);
                }
            }
        }

        // How many calls RocksDB makes varies by a few; many of them leave two states of the disk or more.
        Assert.True(states > 80, $"only {states} states were looked at");
    }

    /// <summary>What is recorded, in a process of its own.</summary>
    private static void Story(string folder)
    {
        using var store = Open(Path.Combine(folder, "store"));
        Fill(store, 1, 20);
        store.Flush();
        RecordedCalls.Mark(Flushed, 20);
        Fill(store, 21, CopiedAt);
        Assert.Equal(CopiedAt, store.Checkpoint(Path.Combine(folder, "copy")).Index);
        RecordedCalls.Mark(Flushed, CopiedAt);
        RecordedCalls.Mark(Copied, CopiedAt);
        Fill(store, CopiedAt + 1, Last);
        store.Flush();
        RecordedCalls.Mark(Flushed, Last);
    }

    /// <summary>All that the process did to its folder was recorded: done again, it leads to the same files.</summary>
    private static void AssertComplete(RecordedCalls calls)
    {
        var disk = new SimulatedDisk();
        calls.Repeat(disk, (_, _) => { });
        var real = Directory.GetFiles(calls.Folder, "*", SearchOption.AllDirectories)
            .Where(name => !Path.GetFileName(name).StartsWith("LOG", StringComparison.Ordinal) && Path.GetFileName(name) != "LOCK");
        var repeated = disk.Names().Where(name => Path.GetFileName(name) != "LOCK");
        Assert.Equal(real.Order(StringComparer.Ordinal), repeated);
        Assert.All(disk.Names(), name => Assert.Equal(File.ReadAllBytes(name), disk.BytesOf(name)));
    }

    private void Check(
        SimulatedDisk disk, string folder, long flushed, bool isCopied, AppliedPosition[] positions, string when)
    {
        var root = _folder.Sub("after");
        try
        {
            foreach (var name in disk.Names())
            {
                var path = Path.Combine(root, Path.GetRelativePath(folder, name));
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, disk.BytesOf(name));
            }

            using (var store = Open(Path.Combine(root, "store")))
            {
                Assert.InRange(store.Applied.Index, flushed, Last);
                Assert.Equal(positions[store.Applied.Index], store.Applied);
                Fill(store, store.Applied.Index + 1, Last);
                Assert.Equal(positions[Last], store.Applied);
                Assert.Equal($"{Last}", store.Value("same"));
                Assert.All(Enumerable.Range(1, (int)Last), index => Assert.NotNull(store.Value($"own {index}")));
                store.Abandon();
            }

            if (isCopied)
            {
                Assert.Equal(positions[CopiedAt], RowStore.PositionOf(Path.Combine(root, "copy")));
            }
        }
        catch (Exception thrown)
        {
            Assert.Fail($"{when}\n{thrown}");
        }
        finally
        {
            if (Directory.Exists(root))
            {
                Directory.Delete(root, recursive: true);
            }
        }
    }

    /// <summary>Where a store stands after each entry.</summary>
    private AppliedPosition[] Positions()
    {
        using var steady = Open(_folder.Sub("steady"));
        var positions = new AppliedPosition[Last + 1];
        positions[0] = steady.Applied;
        for (var index = 1L; index <= Last; index++)
        {
            Fill(steady, index, index);
            positions[index] = steady.Applied;
        }

        return positions;
    }

    private static UInt128 HashOf(SimulatedDisk disk)
    {
        var hash = new XxHash128();
        foreach (var name in disk.Names())
        {
            hash.Append(Encoding.UTF8.GetBytes(name));
            hash.Append(BitConverter.GetBytes(disk.BytesOf(name).Length));
            hash.Append(disk.BytesOf(name));
        }

        return hash.GetCurrentHashAsUInt128();
    }

    private static void Fill(RowStore store, long from, long to)
    {
        for (var index = from; index <= to; index++)
        {
            store.Apply(index, 1, Entry(index, Put("same", $"{index}"), Put($"own {index}", new string('x', 100))));
        }
    }

    private static RowStore Open(string folder) =>
        RowStore.Open(folder, new RowStoreOptions { WriteBufferBytes = 1 << 20, BlockCacheBytes = 1 << 20 });
}
