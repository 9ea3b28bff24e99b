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

    private DataFolder(string path, FileStream held, NodeIdentity identity) =>
        (Path, _lock, Identity) = (path, held, identity);

    /// <summary>The folder, as a full path.</summary>
    public string Path { get; }

    /// <summary>Whose folder it is.</summary>
    public NodeIdentity Identity { get; }

    /// <summary>Opens a folder for one node, and makes it when it is not there.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="identity">The node that is to use it.</param>
    /// <param name="folder">The folder, locked; null when it is refused.</param>
    /// <returns>Why it can't be used; null when it can.</returns>
    public static StartFault? Open(string path, NodeIdentity identity, out DataFolder? folder)
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

            var file = System.IO.Path.Combine(path, IdentityName);
            if (!File.Exists(file))
            {
                if (Directory.Exists(System.IO.Path.Combine(path, LogName)))
                {
                    return Fault(path, $"holds a log but no {IdentityName}: whose it is can't be told");
                }

                DurableFile.Replace(file, identity.ToJson());
            }
            else if (NodeIdentity.Read(File.ReadAllBytes(file)) is not { } found)
            {
                return Fault(path, $"has a damaged {IdentityName}");
            }
            else if (identity.ConflictWith(found) is { } conflict)
            {
                return Fault(path, conflict);
            }
            else
            {
                identity = found;
            }

            // Only now: a folder that is refused stays as it was.
            File.WriteAllText(
                System.IO.Path.Combine(path, HolderName),
                Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
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
