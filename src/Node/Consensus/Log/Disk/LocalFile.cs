using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RaftCluster.Node.Consensus.Log.Disk;

/// <summary>An open file of <see cref="LocalDisk"/>.</summary>
internal sealed class LocalFile(string path, SafeFileHandle handle) : IDiskFile
{
    public string Path { get; private set; } = path;

    public long Length => LocalDisk.Guard("measuring", Path, () => RandomAccess.GetLength(handle));

    public int Read(long offset, Span<byte> buffer)
    {
        try
        {
            var read = 0;
            while (read < buffer.Length)
            {
                var part = RandomAccess.Read(handle, buffer[read..], offset + read);
                if (part == 0)
                {
                    break;
                }

                read += part;
            }

            return read;
        }
        catch (Exception thrown) when (thrown is IOException or UnauthorizedAccessException)
        {
            throw DiskException.From("read", Path, offset, thrown);
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(handle, bytes, offset);
        }
        catch (Exception thrown) when (thrown is IOException or UnauthorizedAccessException)
        {
            throw DiskException.From("write", Path, offset, thrown);
        }
    }

    public void Sync()
    {
        if (OperatingSystem.IsWindows())
        {
            LocalDisk.Guard("sync", Path, () => RandomAccess.FlushToDisk(handle));
            return;
        }

        // Not RandomAccess.FlushToDisk: on Unix it returns normally when fsync failed.
        int error;
        do
        {
            var result = OperatingSystem.IsMacOS() ? LibC.FCntl(handle, LibC.FullSync) : LibC.FDataSync(handle);
            error = result == -1 ? Marshal.GetLastPInvokeError() : 0;
        }
        while (error == LibC.Interrupted);

        if (error != 0)
        {
            throw DiskException.FromErrno("sync", Path, offset: null, error);
        }
    }

    public void Allocate(long length)
    {
        if (OperatingSystem.IsLinux())
        {
            var error = LibC.PosixFAllocate(handle, 0, length);
            if (error == 0)
            {
                return;
            }

            // EINVAL and EOPNOTSUPP say that this file system can't reserve: then a length alone must do.
            if (error != LibC.InvalidArgument && error != LibC.NotSupported)
            {
                throw DiskException.FromErrno("allocation", Path, length, error);
            }
        }

        if (Length < length)
        {
            SetLength(length);
        }
    }

    public void SetLength(long length) => LocalDisk.Guard("resizing", Path, () => RandomAccess.SetLength(handle, length));

    public void Rename(string to)
    {
        LocalDisk.Instance.Rename(Path, to);
        Path = to;
    }

    public void Dispose() => handle.Dispose();
}
