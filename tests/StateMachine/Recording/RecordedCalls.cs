using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using RaftCluster.Chaos;
using RaftCluster.Chaos.Faults;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.Tests.Node.Log.Simulation;

namespace RaftCluster.Tests.StateMachine.Recording;

/// <summary>
/// What a process had its disk do below one folder, call by call, by whatever code: so that what RocksDB does can be done
/// again on a simulated disk, and cut off at any call.
/// </summary>
internal sealed class RecordedCalls
{
    private const string To = "RECORD_TO";
    private const string Under = "RECORD_UNDER";
    private const string Preload = "LD_PRELOAD";

    private readonly List<(string[] Words, byte[] Bytes)> _calls = [];

    private RecordedCalls(string folder) => Folder = folder;

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>In the recorded process: the folder to work in; null in any other.</summary>
    public static string? FolderOfThisProcess => Environment.GetEnvironmentVariable(Under);

    /// <summary>In the recorded process: says how far it has come.</summary>
    public static unsafe void Mark(long number, long other)
    {
        var library = NativeLibrary.Load(Environment.GetEnvironmentVariable(Preload)!);
        ((delegate* unmanaged<long, long, void>)NativeLibrary.GetExport(library, "record_mark"))(number, other);
    }

    /// <summary>Runs the test that calls it in a process of its own and records that; skips, and says why, where that can't be.</summary>
    /// <param name="folder">A folder for everything.</param>
    public static async Task<RecordedCalls> OfThisTestAsync(string folder)
    {
        var test = TestContext.Current.TestMethod!;
        Assert.SkipUnless(OperatingSystem.IsLinux(), "calls are recorded by a library that Linux preloads");
        var library = Path.Combine(folder, "record.so");
        try
        {
            await Tool.RunAsync("gcc", "-shared", "-fPIC", "-O1", "-o", library, Source(), "-ldl");
        }
        catch (HarnessException unable)
        {
            Assert.Skip($"calls can't be recorded here: {unable.Message}");
        }

        var (record, under) = (Path.Combine(folder, "record"), Directory.CreateDirectory(Path.Combine(folder, "disk")).FullName);
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["-method", $"{test.TestClass.TestClassName}.{test.MethodName}", "-noLogo"])
        {
            RedirectStandardOutput = true,
        };
        (start.Environment[Preload], start.Environment[To], start.Environment[Under]) = (library, record, under);
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, said);

        var calls = new RecordedCalls(under);
        calls.Read(await File.ReadAllBytesAsync(record, TestContext.Current.CancellationToken));
        return calls;
    }

    /// <summary>Does all of it again on a simulated disk, until that loses its power.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="marked">Told each mark.</param>
    public void Repeat(SimulatedDisk disk, Action<long, long> marked)
    {
        var open = new Dictionary<string, (string Path, IDiskFile? File)>();
        foreach (var (words, bytes) in _calls)
        {
            switch (words[0])
            {
                case "O":
                    var file = Directory.Exists(words[4]) || IsFolder(words[4]) ? null : disk.Open(words[4], DiskOpen.Create);
                    if (words[3] == "1" && file!.Length > 0)
                    {
                        file.SetLength(0);
                    }

                    open[words[1]] = (words[4], file);
                    break;
                case "W":
                    open[words[1]].File!.Write(Number(words[2]), bytes);
                    break;
                case "T":
                    open[words[1]].File!.SetLength(Number(words[2]));
                    break;
                case "S" when open[words[1]] is { File: { } written }:
                    written.Sync();
                    break;
                case "S":
                    disk.SyncFolder(open[words[1]].Path);
                    break;
                case "R" when IsFolder(words[1]):
                    disk.RenameFolder(words[1], words[2]);
                    break;
                case "R":
                    disk.Rename(words[1], words[2]);
                    break;
                case "L":
                    disk.Link(words[1], words[2]);
                    break;
                case "U":
                    disk.Delete(words[1]);
                    break;
                default:
                    marked(Number(words[1]), Number(words[2]));
                    break;
            }
        }

        // A folder is what something stands in.
        bool IsFolder(string path) => disk.Names().Any(name => name.StartsWith(path + "/", StringComparison.Ordinal));
    }

    private void Read(ReadOnlySpan<byte> record)
    {
        while (!record.IsEmpty)
        {
            var end = record.IndexOf((byte)'\n');
            var words = Encoding.UTF8.GetString(record[..end]).Split(' ', '\t');
            record = record[(end + 1)..];
            var length = words[0] == "W" ? (int)Number(words[3]) : 0;
            _calls.Add((words, record[..length].ToArray()));
            record = record[length..];
        }
    }

    private static long Number(string word) => long.Parse(word, CultureInfo.InvariantCulture);

    private static string Source([System.Runtime.CompilerServices.CallerFilePath] string source = "") =>
        Path.Combine(Path.GetDirectoryName(source)!, "record.c");
}
