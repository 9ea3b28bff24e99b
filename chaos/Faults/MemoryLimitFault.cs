using System.Globalization;

namespace RaftCluster.Chaos.Faults;

/// <summary>
/// A node that is started again with half of the memory that it took before: it has to make do with that, or the kernel ends it
/// again and again; either way nothing that was promised may break, and it comes back well when it may have what it likes.
/// </summary>
internal sealed class MemoryLimitFault(string name, string what) : Fault(name, what)
{
    private const long Least = 48 << 20;

    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public override string? WhyNot(Machine machine) => machine.WhyNoMemoryLimit;

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        if (await context.TakeOneAsync(chance, report) is not ({ } node, { } claim))
        {
            return;
        }

        using (claim)
        {
            var bytes = Math.Max(Least, ProcessState.ResidentBytes(node.ProcessId) / 2);
            using var group = MemoryGroup.Create(node.Id, bytes);
            node.Kill();
            await node.GoneAsync();
            var ends = 0;
            node.Start(group.Launcher);
            try
            {
                var began = context.Journal.Now;
                while (context.Journal.Now - began < hold.TotalMicroseconds && !context.Stop.IsCancellationRequested)
                {
                    if (!node.IsUp)
                    {
                        await node.GoneAsync();
                        report.Say($"{node.Id} {node.End}");
                        ends++;
                        node.Start(group.Launcher);
                    }

                    await context.HoldAsync(_pace);
                }
            }
            finally
            {
                node.Kill();
                await node.GoneAsync();
            }

            if (group.Met > 0)
            {
                report.TookEffect(string.Create(
                    CultureInfo.InvariantCulture, $"{node.Id} had {bytes >> 20} MiB and met that {group.Met} times; it ended {ends} times, {group.Ended} of them by the kernel"));
            }

            await Restart.RunAsync(context, [node], chance, report);
        }
    }
}
