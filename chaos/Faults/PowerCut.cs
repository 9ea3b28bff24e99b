using RaftCluster.Chaos.Cluster;

namespace RaftCluster.Chaos.Faults;

/// <summary>Cutting the power of nodes.</summary>
internal static class PowerCut
{
    /// <summary>
    /// Of all of them at the same moment: the disks first, so that syncs that are under way fail half done; then the
    /// processes. The disks are mounted again afterwards, which replays their journals.
    /// </summary>
    public static async Task AllAtOnceAsync(NodeGroup group, IReadOnlyList<NodeProcess> victims)
    {
        using var together = new Barrier(victims.Count);
        await Task.WhenAll(victims.Select(victim => Task.Factory.StartNew(
            () =>
            {
                together.SignalAndWait();
                group.VolumeOf(victim).CutPower();
                victim.Kill();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        foreach (var victim in victims)
        {
            await victim.GoneAsync();
            await group.VolumeOf(victim).UnmountAsync();
            await group.VolumeOf(victim).MountAsync();
        }
    }
}
