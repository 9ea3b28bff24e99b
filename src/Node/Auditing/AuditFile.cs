using System.Globalization;
using Microsoft.Win32.SafeHandles;
using RaftCluster.Node.Configuration;

namespace RaftCluster.Node.Auditing;

/// <summary>
/// A file of lines, each on disk when it is written. It is renamed when it is full, and the oldest of those goes: <c>audit.jsonl</c>
/// becomes <c>audit.jsonl.1</c>, that becomes <c>audit.jsonl.2</c>, and so on.
/// </summary>
/// <param name="path">The file, as a full path.</param>
/// <param name="size">At how many bytes it is full.</param>
internal sealed class AuditFile(string path, long size) : IDisposable
{
    /// <summary>How many full ones stay.</summary>
    public const int Old = 9;

    private SafeFileHandle? _file;
    private long _end;

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>Opens it, so that what is wrong with it is known.</summary>
    /// <exception cref="IOException">It can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public void Open()
    {
        if (_file is not null)
        {
            return;
        }

        var folder = System.IO.Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        var isNew = !File.Exists(path);
        var how = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
        };
        if (!OperatingSystem.IsWindows())
        {
            // Who acted from where is not for everybody.
            how.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        }

        using (var made = new FileStream(path, how))
        {
            _end = made.Length;
        }

        if (isNew)
        {
            DurableFile.SyncFolder(folder);
        }

        _file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        if (_end > 0)
        {
            Span<byte> last = [0];
            if (RandomAccess.Read(_file, last, _end - 1) == 1 && last[0] != (byte)'\n')
            {
                // A crash or a full disk left a part of a line: the next one must not hang on it.
                Append("\n"u8);
            }
        }
    }

    /// <summary>Writes a line, and returns when it is on disk.</summary>
    /// <param name="line">The line, its end with it.</param>
    /// <exception cref="IOException">It is not, or not for certain.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Write(ReadOnlySpan<byte> line)
    {
        try
        {
            Open();
            if (_end > 0 && _end + line.Length > size)
            {
                Rotate();
                Open();
            }

            Append(line);
        }
        catch
        {
            // What the file holds now is looked at when it is opened again.
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file!, bytes, _end);
        DurableFile.Sync(_file!, path);
        _end += bytes.Length;
    }

    private void Rotate()
    {
        Dispose();
        for (var at = Old - 1; at >= 0; at--)
        {
            var from = at == 0 ? path : Numbered(at);
            if (File.Exists(from))
            {
                File.Move(from, Numbered(at + 1), overwrite: true);
            }
        }

        DurableFile.SyncFolder(System.IO.Path.GetDirectoryName(path)!);
    }

    private string Numbered(int at) => string.Create(CultureInfo.InvariantCulture, $"{path}.{at}");
}
