using System.Globalization;

namespace RaftCluster.Chaos.Faults;

/// <summary>
/// A control group that bounds the memory of the processes in it, by the kernel's first or second way
/// (https://docs.kernel.org/admin-guide/cgroup-v1/memory.html and https://docs.kernel.org/admin-guide/cgroup-v2.html).
/// </summary>
internal sealed class MemoryGroup : IDisposable
{
    private const string Prefix = "raftcluster-chaos-";
    private const string Root = "/sys/fs/cgroup";

    private static readonly bool _isSecond = File.Exists($"{Root}/cgroup.controllers");
    private static readonly string _hierarchy = _isSecond ? Root : $"{Root}/memory";

    private readonly string _folder;
    private readonly long _bytes;

    private MemoryGroup(string folder, long bytes) => (_folder, _bytes) = (folder, bytes);

    /// <summary>A command that puts itself into the group and then becomes the command that follows it.</summary>
    public IReadOnlyList<string> Launcher => ["/bin/sh", "-c", "echo $$ > \"$0\" && exec \"$@\"", Path.Combine(_folder, "cgroup.procs")];

    /// <summary>Whether the bound was met, so that memory had to be taken back from its processes or refused to them.</summary>
    public bool IsMet => _isSecond ? Number("memory.events", "max") > 0 : Number("memory.max_usage_in_bytes", null) >= _bytes - Environment.SystemPageSize;

    /// <summary>How often the kernel ended a process of it.</summary>
    public long Ended => Number(_isSecond ? "memory.events" : "memory.oom_control", "oom_kill");

    /// <summary>Finds out whether there can be such a group here, and removes those of runs that are over.</summary>
    /// <returns>Why not; null when there can.</returns>
    public static string? WhyNot()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return OperatingSystem.IsLinux() ? "a limit of memory takes root" : "a limit of memory takes Linux";
        }

        try
        {
            foreach (var left in Directory.GetDirectories(_hierarchy, Prefix + "*").Where(IsLeft))
            {
                Directory.Delete(left);
            }

            using var group = Create("probe", 64 << 20);
            return null;
        }
        catch (HarnessException unable)
        {
            return unable.Message;
        }
        catch (Exception unable) when (unable is IOException or UnauthorizedAccessException)
        {
            return $"no group of processes can have a limit of memory: {unable.Message}";
        }
    }

    /// <summary>Makes one.</summary>
    /// <param name="name">What it is called, beside this run.</param>
    /// <param name="bytes">How much its processes may have, with what they read and wrote of files.</param>
    /// <exception cref="HarnessException">It can't be made.</exception>
    public static MemoryGroup Create(string name, long bytes)
    {
        var folder = Path.Combine(_hierarchy, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{name}"));
        var limit = bytes.ToString(CultureInfo.InvariantCulture);
        try
        {
            Directory.CreateDirectory(folder);
            var group = new MemoryGroup(folder, bytes);
            try
            {
                group.Write(_isSecond ? "memory.max" : "memory.limit_in_bytes", limit);

                // Not every kernel counts what it swaps; where it does, that is no way out.
                var (swap, most) = _isSecond ? ("memory.swap.max", "0") : ("memory.memsw.limit_in_bytes", limit);
                if (File.Exists(Path.Combine(folder, swap)))
                {
                    group.Write(swap, most);
                }

                return group;
            }
            catch
            {
                group.Dispose();
                throw;
            }
        }
        catch (Exception unable) when (unable is IOException or UnauthorizedAccessException)
        {
            throw new HarnessException($"no group of processes can have a limit of memory: {unable.Message}");
        }
    }

    /// <summary>Removes it. None of its processes may be there any more.</summary>
    public void Dispose() => Directory.Delete(_folder);

    /// <summary>Files of the kernel's take one write, and exist from the beginning.</summary>
    private void Write(string file, string value)
    {
        using var stream = new FileStream(Path.Combine(_folder, file), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        stream.Write(System.Text.Encoding.ASCII.GetBytes(value));
    }

    private long Number(string file, string? name)
    {
        foreach (var line in File.ReadLines(Path.Combine(_folder, file)))
        {
            var words = line.Split(' ');
            if (name is null || words[0] == name)
            {
                return long.Parse(words[^1], CultureInfo.InvariantCulture);
            }
        }

        return 0;
    }

    private static bool IsLeft(string folder) => ProcessState.IsGone(Path.GetFileName(folder)[Prefix.Length..].Split('-')[0]);
}
