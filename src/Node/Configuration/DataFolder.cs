using System.Globalization;

namespace RaftCluster.Node.Configuration;

/// <summary>A node's folder, locked for this process and known to be its own.</summary>
public sealed class DataFolder : IDisposable
{
    private const string LockName = "lock";
    private const string HolderName = "pid";
    private const string LogName = "log";
    private const string IdentityName = "identity.json";

    private readonly FileStream _lock;

    private NodeIdentity? _identity;

    private DataFolder(string path, FileStream held, NodeIdentity? identity) => (Path, _lock, _identity) = (path, held, identity);

    /// <summary>The folder, as a full path.</summary>
    public string Path { get; }

    /// <summary>Whether it is nobody's yet.</summary>
    public bool IsNew => _identity is null;

    /// <summary>Whose folder it is.</summary>
    public NodeIdentity Identity => _identity ?? throw new InvalidOperationException("the folder is nobody's yet");

    /// <summary>Opens a folder, and makes it when it is not there.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="folder">The folder, locked; null when it is refused.</param>
    /// <returns>Why it can't be used; null when it can.</returns>
    public static StartFault? Open(string path, out DataFolder? folder)
    {
        folder = null;
        FileStream? held = null;
        try
        {
            path = System.IO.Path.GetFullPath(path);
            Directory.CreateDirectory(path);
            held = Lock(path);
            if (held is null)
            {
                return Fault(path, $"is in use by {Holder(path)}");
            }

            NodeIdentity? identity = null;
            var file = System.IO.Path.Combine(path, IdentityName);
            if (!File.Exists(file))
            {
                if (Directory.Exists(System.IO.Path.Combine(path, LogName)))
                {
                    return Fault(path, $"holds a log but no {IdentityName}: whose it is can't be told");
                }
            }
            else if (NodeIdentity.Read(File.ReadAllBytes(file)) is { } found)
            {
                identity = found;
            }
            else
            {
                return Fault(path, $"has a damaged {IdentityName}");
            }

            folder = new DataFolder(path, held, identity);
            held = null;
            return null;
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return Fault(path, $"can't be used: {OneLine.Of(unusable)}");
        }
        finally
        {
            held?.Dispose();
        }
    }

    /// <summary>Takes the folder for a node: a new one becomes its own.</summary>
    /// <param name="identity">The node that is to use it.</param>
    /// <param name="stated">What of the identity was stated.</param>
    /// <returns>Why it must not; null when it may.</returns>
    public StartFault? Claim(NodeIdentity identity, StatedOptions stated)
    {
        try
        {
            if (_identity is null)
            {
                DurableFile.Replace(System.IO.Path.Combine(Path, IdentityName), identity.ToJson());
                _identity = identity;
            }
            else if (identity.ConflictWith(_identity, stated) is { } conflict)
            {
                return Fault(Path, conflict);
            }

            // Only now: a folder that is refused stays as it was.
            File.WriteAllText(
                System.IO.Path.Combine(Path, HolderName), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return null;
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException)
        {
            return Fault(Path, $"can't be used: {OneLine.Of(unusable)}");
        }
    }

    /// <summary>Who uses a folder now, for tools that only read.</summary>
    /// <param name="path">The folder; it may be no data folder at all.</param>
    /// <returns><c>process 123</c>; null when nobody does.</returns>
    public static string? UserOf(string path)
    {
        var file = System.IO.Path.Combine(path, LockName);
        if (!File.Exists(file) || !File.Exists(System.IO.Path.Combine(path, HolderName)))
        {
            return null;
        }

        try
        {
            // A shared lock for a moment: it is refused while a node holds its exclusive one.
            new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read).Dispose();
            return null;
        }
        catch (IOException busy) when (busy.GetType() == typeof(IOException))
        {
            return Holder(path);
        }
    }

    /// <summary>Proves that the folder takes writes, with a small one.</summary>
    /// <returns>Why not; null when it does.</returns>
    public string? CheckWritable()
    {
        try
        {
            File.WriteAllBytes(System.IO.Path.Combine(Path, "probe"), "writable\n"u8);
            return null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return OneLine.Of(refused);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The lock goes last: from then on another process may write its own pid.
        try
        {
            File.Delete(System.IO.Path.Combine(Path, HolderName));
        }
        catch (Exception left) when (left is IOException or UnauthorizedAccessException)
        {
            // A stale pid is only ever shown beside a lock that is held, and then it is no longer stale.
        }

        _lock.Dispose();
    }

    /// <returns>Null when another process holds it.</returns>
    private static FileStream? Lock(string path)
    {
        var file = System.IO.Path.Combine(path, LockName);
        try
        {
            // An exclusive share is a lock of the operating system here: it goes when the process goes, however it goes.
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException busy) when (busy.GetType() == typeof(IOException))
        {
            return null;
        }
    }

    private static string Holder(string path)
    {
        try
        {
            var holder = File.ReadAllText(System.IO.Path.Combine(path, HolderName)).Trim();
            return holder.Length > 0 ? $"process {holder}" : "another process";
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
        {
            return "another process";
        }
    }

    private static StartFault Fault(string path, string what) => new(ExitCode.DataFolder, $"data folder {path} {what}");
}
