using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.History;
using RaftCluster.Chaos.Workloads;

namespace RaftCluster.Chaos.Scenarios;

/// <summary>Reads some rows one by one, now and as they were: another way through a node than a list.</summary>
internal static class SampleCheck
{
    private const int Rows = 60;
    private const int OldRows = 40;

    /// <summary>Holds single rows to the list, and old ones to the writes that made them.</summary>
    /// <exception cref="HarnessException">The node doesn't answer.</exception>
    public static async Task<IReadOnlyList<Violation>> JudgeAsync(
        Reader reader, IReadOnlyList<WriteOperation> operations, Picture picture, Random chance)
    {
        var violations = new List<Violation>();
        var done = operations.Where(write => write.Outcome is WriteOutcome.Acknowledged).ToArray();
        chance.Shuffle(done);
        var keys = done.Take(Rows).Concat(done.Where(write => !write.IsOnly)).Select(write => write.Key).Distinct();
        foreach (var key in keys)
        {
            var (listed, single) = (picture.Items.GetValueOrDefault(key), await reader.RowAsync(key));
            if (listed != single)
            {
                violations.Add(new Violation(Promise.NodesAreEqual, key, $"as listed: {listed}", $"{single}"));
            }
        }

        foreach (var write in done.Where(write => !write.IsOnly).Take(OldRows))
        {
            var told = (WriteOutcome.Acknowledged)write.Outcome;
            var expected = new Row(write.Value, told.Revision, told.Version);
            var found = told.Revision > picture.Revision ? null : await reader.RowAsync(write.Key, told.Revision);
            if (found != expected)
            {
                violations.Add(new Violation(
                    Promise.NothingAcknowledgedIsLost,
                    $"{write.Key} at revision {told.Revision}",
                    $"{expected}",
                    $"{found?.ToString() ?? "no row"}"));
            }
        }

        return violations;
    }
}
