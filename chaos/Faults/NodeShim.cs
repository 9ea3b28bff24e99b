using System.Buffers.Binary;
using System.Text;

namespace RaftCluster.Chaos.Faults;

/// <summary>The calls by which a node brings things to its disk, as the library in it numbers them.</summary>
[Flags]
internal enum DiskCalls
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>write</c>, by which RocksDB writes.</summary>
    Write = 1,

    /// <summary><c>pwrite64</c>, by which .NET writes.</summary>
    PositionedWrite = 2,

    /// <summary><c>fsync</c>.</summary>
    Sync = 4,

    /// <summary><c>fdatasync</c>.</summary>
    DataSync = 8,

    /// <summary><c>rename</c>.</summary>
    Rename = 16,
}

/// <summary>
/// A library in every node, which does nothing until it is told: then syncs fail, by a filter in the kernel, or the wall clock
/// is another one, the process ends right before a call, or syncs take longer. It can lead a node's connections to the harness's doors, too.
/// </summary>
internal static class NodeShim
{
    /// <summary>In a node's environment: the file that says how far its wall clock is off.</summary>
    public const string ClockVariable = "CHAOS_CLOCK";

    /// <summary>In a node's environment: ports of other nodes, each followed by the port that it is to connect to instead.</summary>
    public const string RoutesVariable = "CHAOS_ROUTES";

    // As call-shim.c lays it out.
    private const int LeftAt = 0;
    private const int CallsAt = 4;
    private const int PartAt = 8;
    private const int SlowAt = 128;
    private const int SlowedAt = 136;
    private const int MetAt = 144;
    private const int ToldBytes = 1_168;

    /// <summary>Compiles it.</summary>
    /// <param name="folder">Where it goes, and where it looks for what it is told.</param>
    /// <returns>The library's path.</returns>
    /// <exception cref="HarnessException">There is no C compiler, or this is no Linux.</exception>
    public static Task<string> BuildAsync(string folder) => Shim.BuildAsync(folder, "node-shim", "call-shim");

    /// <summary>Lays out what a node is told by, and the environment in which it looks for that.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> PrepareAsync(string folder, string library, string node)
    {
        await Tool.RunAsync("mkfifo", Pipe(folder, node));
        await File.WriteAllBytesAsync(Clock(folder, node), new byte[sizeof(long)]);
        await File.WriteAllBytesAsync(Calls(folder, node), new byte[ToldBytes]);
        return new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = library,
            ["CHAOS_FAIL_SYNC"] = Pipe(folder, node),
            [ClockVariable] = Clock(folder, node),
            ["CHAOS_CALLS"] = Calls(folder, node),
        };
    }

    /// <summary>Fails every fdatasync of a node from now on, until it is started again.</summary>
    public static Task FailSyncsAsync(string folder, string node) => File.WriteAllTextAsync(Pipe(folder, node), "now");

    /// <summary>Sets a node's wall clock off by so much; other clocks go on.</summary>
    public static async Task SetClockAsync(string folder, string node, TimeSpan off)
    {
        await using var file = new FileStream(Clock(folder, node), FileMode.Open, FileAccess.Write);
        await file.WriteAsync(BitConverter.GetBytes((long)off.TotalNanoseconds));
    }

    /// <summary>Has a node killed right before a call that it is yet to make.</summary>
    /// <param name="folder">Where the library looks for what it is told.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="calls">Which calls count.</param>
    /// <param name="part">What is in the path of the files whose calls count: of a rename, the new one.</param>
    /// <param name="number">Before which one: 1 is the next.</param>
    public static void EndBefore(string folder, string node, DiskCalls calls, string part, int number)
    {
        var told = new byte[SlowAt];
        BinaryPrimitives.WriteInt32LittleEndian(told.AsSpan(CallsAt), (int)calls);
        Encoding.UTF8.GetBytes(part, told.AsSpan(PartAt, SlowAt - PartAt - 1));
        using var file = File.OpenHandle(Calls(folder, node), FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, told, 0);
        RandomAccess.Write(file, new byte[ToldBytes - MetAt], MetAt);

        // The number last: from then on it counts.
        BinaryPrimitives.WriteInt32LittleEndian(told.AsSpan(LeftAt), number);
        RandomAccess.Write(file, told.AsSpan(LeftAt, sizeof(int)), LeftAt);
    }

    /// <summary>Takes that back, unless it has come to it.</summary>
    public static void GoOn(string folder, string node)
    {
        using var file = File.OpenHandle(Calls(folder, node), FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, new byte[sizeof(int)], LeftAt);
    }

    /// <summary>The call before which a node was killed, and the file; null when it was not.</summary>
    public static string? EndedBefore(string folder, string node)
    {
        var met = File.ReadAllBytes(Calls(folder, node)).AsSpan(MetAt);
        return met[0] == 0 ? null : Encoding.UTF8.GetString(met[..met.IndexOf((byte)0)]);
    }

    /// <summary>Makes each sync of a node take longer from now on.</summary>
    /// <param name="folder">Where the library looks for what it is told.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="least">By so much at least, to a millisecond.</param>
    /// <param name="most">And by so much at most; zero for no longer.</param>
    public static void SlowSyncs(string folder, string node, TimeSpan least, TimeSpan most)
    {
        var told = new byte[SlowedAt - SlowAt];
        BinaryPrimitives.WriteInt32LittleEndian(told, (int)least.TotalMilliseconds);
        BinaryPrimitives.WriteInt32LittleEndian(told.AsSpan(sizeof(int)), (int)most.TotalMilliseconds);
        using var file = File.OpenHandle(Calls(folder, node), FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, told, SlowAt);
    }

    /// <summary>How many syncs of a node have taken longer so far.</summary>
    public static long SlowedSyncs(string folder, string node) =>
        BinaryPrimitives.ReadInt64LittleEndian(File.ReadAllBytes(Calls(folder, node)).AsSpan(SlowedAt));

    private static string Calls(string folder, string node) => Path.Combine(folder, $"{node}.calls");

    private static string Pipe(string folder, string node) => Path.Combine(folder, $"{node}.fail-sync");

    private static string Clock(string folder, string node) => Path.Combine(folder, $"{node}.clock");
}
