using System.Globalization;

namespace RaftCluster.Chaos.Faults;

/// <summary>
/// A node that is started again with three quarters of the memory that it had of its own before, and that for the files it reads and writes as well: it has to
/// make do with that, or the kernel ends it again and again; either way nothing that was promised may break, and it comes back well when it may have what it likes.
/// </summary>
internal sealed class MemoryLimitFault(string name, string what) : Fault(name, what)
{
    private const long Least = 32 << 20;

    /// <summary>It may take a while until it needs more.</summary>
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(12);
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
            var bytes = Math.Max(Least, ProcessState.OwnBytes(node.ProcessId) * 3 / 4);
            using var group = MemoryGroup.Create(node.Id, bytes);
            node.Kill();
            await node.GoneAsync();
            var ends = 0;
            node.Start(group.Launcher);
            try
            {
                var began = context.Journal.Now;
                while (IsToGoOn(context, began, group.IsMet ? hold : _bound))
                {
                    if (!node.IsUp)
                    {
                        await node.GoneAsync();
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

            if (!group.IsMet)
            {
                report.Say($"{node.Id} had {bytes >> 20} MiB and did not need them");
            }
            else
            {
                report.TookEffect(string.Create(
                    CultureInfo.InvariantCulture, $"{node.Id} had {bytes >> 20} MiB and needed them; it ended {ends} times, {group.Ended} of them by the kernel"));
            }

            await Restart.RunAsync(context, [node], chance, report);
        }
    }

    private static bool IsToGoOn(FaultContext context, long began, TimeSpan atMost) =>
        context.Journal.Now - began < atMost.TotalMicroseconds && !context.Stop.IsCancellationRequested;
}
