using System.Text;

namespace RaftCluster.Chaos.Faults;

/// <summary>Shows, before anything is concluded from it, that a loss of power loses what was not synced and nothing else.</summary>
internal static class PowerProbe
{
    private const long Bytes = 64L << 20;

    /// <summary>Tries it.</summary>
    /// <param name="folder">A folder of its own, made and removed.</param>
    /// <returns>Why power can't be cut on this machine; null when it can.</returns>
    public static async Task<string?> WhyNotAsync(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return "cutting the power of a disk takes Linux";
        }

        Directory.CreateDirectory(folder);
        try
        {
            await using var volume = await LoopVolume.CreateAsync(folder, "probe", Bytes);
            var (kept, gone) = (Path.Combine(volume.Folder, "synced"), Path.Combine(volume.Folder, "not-synced"));
            Write(kept, sync: true);
            Write(gone, sync: false);
            volume.CutPower();
            await volume.UnmountAsync();
            await volume.MountAsync();
            return !File.Exists(kept) || await File.ReadAllTextAsync(kept) != kept
                ? "a file that was synced is gone after the power was cut"
                : File.Exists(gone) ? "a file that was not synced is still there after the power was cut"
                : null;
        }
        catch (Exception unable) when (unable is HarnessException or IOException or UnauthorizedAccessException)
        {
            return unable.Message;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Write(string path, bool sync)
    {
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.Write(file, Encoding.UTF8.GetBytes(path), 0);
        if (sync && LinuxCalls.FSync(file) != 0)
        {
            throw new HarnessException($"{path} can't be synced");
        }
    }
}
