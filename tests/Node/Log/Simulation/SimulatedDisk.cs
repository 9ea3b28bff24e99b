using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Tests.Node.Log.Simulation;

/// <summary>
/// A disk in memory that forgets what was not synced, contents by sectors of 512 bytes and names by operation. Every
/// call that changes something has a number, at which the power can fail or the call can.
/// </summary>
internal sealed class SimulatedDisk : IDisk
{
    private const int InputOutputError = 5;
    private const int NoSpace = 28;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, SimulatedFile> _seen = [];
    private readonly Dictionary<string, SimulatedFile> _durable = [];
    private readonly List<Action<Dictionary<string, SimulatedFile>>> _unsyncedNames = [];
    private bool _powerLost;
    private bool _failed;

    /// <summary>The number of the call at which the power fails: during it, but before a sync does anything.</summary>
    public int? CrashAt { get; set; }

    /// <summary>The number of the call that fails.</summary>
    public int? FailAt { get; init; }

    /// <summary>Whether calls fail for want of room, rather than for a broken disk.</summary>
    public bool IsFull { get; init; }

    /// <summary>
    /// Whether names reach the disk in the order in which they were changed, and at the latest with the next sync of any file,
    /// as the journals of ext4 and XFS have it. Otherwise any of those that were not synced with their folder do.
    /// </summary>
    public bool KeepsNamesInOrder { get; init; }

    /// <summary>Called with the path before each sync: a test that blocks in it holds up the caller.</summary>
    public Action<string> BeforeSync { get; set; } = _ => { };

    /// <summary>Called before each read.</summary>
    public Action BeforeRead { get; set; } = () => { };

    /// <summary>Whether every read fails from now on.</summary>
    public bool FailReads { get; set; }

    /// <summary>How many calls changed something, or tried to.</summary>
    public int Calls { get; private set; }

    /// <summary>How many of them came after one that failed.</summary>
    public int CallsAfterFailure { get; private set; }

    /// <summary>What was called, for messages.</summary>
    public List<string> Trace { get; } = [];

    public bool HasCrashed => Look(() => _powerLost);

    public bool HasFailed => Look(() => _failed);

    /// <summary>The machine starts again after a power loss.</summary>
    public SimulatedDisk AfterCrash(Survival survival, int seed = 0)
        => Look(() =>
        {
            var random = new Random(seed);
            var names = new Dictionary<string, SimulatedFile>(_durable);
            var inOrder = KeepsNamesInOrder ? random.Next(_unsyncedNames.Count + 1) : 0;
            foreach (var (at, change) in _unsyncedNames.Index())
            {
                if (survival == Survival.Everything
                    || (survival != Survival.Nothing && (KeepsNamesInOrder ? at < inOrder : random.Next(2) == 0)))
                {
                    change(names);
                }
            }

            var disk = new SimulatedDisk();
            foreach (var (name, file) in names)
            {
                disk._seen[name] = disk._durable[name] = file.AfterCrash(survival, random);
            }

            return disk;
        });

    /// <summary>The process starts again on a machine that went on: what the system holds in memory is still there.</summary>
    public SimulatedDisk AfterProcessEnd()
        => Look(() =>
        {
            var disk = new SimulatedDisk();
            var clones = _seen.Values.Concat(_durable.Values).Distinct().ToDictionary(file => file, file => file.Clone());
            foreach (var (name, file) in _seen)
            {
                disk._seen[name] = clones[file];
            }

            foreach (var (name, file) in _durable)
            {
                disk._durable[name] = clones[file];
            }

            if (_unsyncedNames.Count > 0)
            {
                disk._unsyncedNames.Add(names =>
                {
                    names.Clear();
                    foreach (var (name, file) in disk._seen)
                    {
                        names[name] = file;
                    }
                });
            }

            return disk;
        });

    public IReadOnlyList<string> Names() => Look(() => _seen.Keys.Order(StringComparer.Ordinal).ToList());

    /// <summary>The bytes of a file, to look at or to damage.</summary>
    public byte[] BytesOf(string path) => Look(() => _seen[path].Seen);

    public IReadOnlyList<string> List(string folder)
        => Look(() => _seen.Keys.Where(path => Path.GetDirectoryName(path) == folder).Select(path => Path.GetFileName(path)).ToList());

    public IReadOnlyList<string> ListFolders(string folder)
        => Look(() => _seen.Keys
            .Select(path => Path.GetDirectoryName(path)!)
            .Where(path => Path.GetDirectoryName(path) == folder)
            .Select(path => Path.GetFileName(path))
            .Distinct()
            .ToList());

    public void DeleteFolder(string folder) => ChangeNames("deleting", folder, names =>
    {
        foreach (var path in names.Keys.Where(path => Path.GetDirectoryName(path) == folder).ToList())
        {
            names.Remove(path);
        }
    });

    public void CreateFolder(string folder)
    {
    }

    public IDiskFile Open(string path, DiskOpen how)
    {
        SimulatedFile? file = null;
        if (Look(() => _seen.TryGetValue(path, out file)))
        {
            return new SimulatedHandle(this, file!, path);
        }

        if (how != DiskOpen.Create)
        {
            throw DiskException.FromErrno("opening", path, offset: null, error: 2);
        }

        file = new SimulatedFile();
        ChangeNames("creation", path, names => names[path] = file);
        return new SimulatedHandle(this, file, path);
    }

    public void Rename(string from, string to)
    {
        var file = Look(() => _seen[from]);
        ChangeNames("renaming", from, names =>
        {
            names.Remove(from);
            names[to] = file;
        });
    }

    /// <summary>Gives a file a second name.</summary>
    public void Link(string from, string to)
    {
        var file = Look(() => _seen[from]);
        ChangeNames("linking", from, names => names[to] = file);
    }

    /// <summary>Renames a folder with all that is in it.</summary>
    public void RenameFolder(string from, string to) => ChangeNames("renaming", from, names =>
    {
        foreach (var path in names.Keys.Where(path => path.StartsWith(from + "/", StringComparison.Ordinal)).ToList())
        {
            names.Remove(path, out var file);
            names[to + path[from.Length..]] = file!;
        }
    });

    public void Delete(string path) => ChangeNames("deleting", path, names => names.Remove(path));

    public void SyncFolder(string folder) => Sync(folder, SyncNames, () => { });

    internal T Look<T>(Func<T> look)
    {
        lock (_gate)
        {
            return look();
        }
    }

    internal byte[] Read(SimulatedFile file, string path)
    {
        BeforeRead();
        return Look(() => FailReads ? throw DiskException.FromErrno("read", path, 0, InputOutputError) : file.Seen);
    }

    internal void Change(string operation, string path, Action change)
    {
        lock (_gate)
        {
            var crash = Count(operation, path);
            Fail(operation, path);
            change();
            Lose(crash);
        }
    }

    internal void Sync(string path, Action sync, Action onFailure)
    {
        BeforeSync(path);
        lock (_gate)
        {
            var crash = Count("sync", path);
            Lose(crash);
            if (FailAt == Calls)
            {
                onFailure();
            }

            Fail("sync", path);
            sync();
            if (KeepsNamesInOrder)
            {
                SyncNames();
            }
        }
    }

    private void SyncNames()
    {
        _durable.Clear();
        foreach (var (name, file) in _seen)
        {
            _durable[name] = file;
        }

        _unsyncedNames.Clear();
    }

    private void ChangeNames(string operation, string path, Action<Dictionary<string, SimulatedFile>> change)
        => Change(operation, path, () =>
        {
            change(_seen);
            _unsyncedNames.Add(change);
        });

    private bool Count(string operation, string path)
    {
        Lose(_powerLost);
        CallsAfterFailure += _failed ? 1 : 0;
        Calls++;
        Trace.Add($"{Calls} {operation} {Path.GetFileName(path)}");
        return Calls == CrashAt;
    }

    private void Fail(string operation, string path)
    {
        if (FailAt == Calls)
        {
            _failed = true;
            throw DiskException.FromErrno(operation, path, 0, IsFull ? NoSpace : InputOutputError);
        }
    }

    private void Lose(bool power)
    {
        if (power)
        {
            _powerLost = true;
            throw new PowerLostException();
        }
    }
}
