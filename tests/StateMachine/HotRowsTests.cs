using CsCheck;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Tests.StateMachine;

/// <summary>Rows kept beside RocksDB: a row that is there is what was noted of it last.</summary>
public sealed class HotRowsTests
{
    private static readonly Gen<(int Key, int Length, int Kind)[]> Steps =
        Gen.Select(Gen.Int[0, 60_000], Gen.Frequency((9, Gen.Int[1, 400]), (1, Gen.Int[500, 700])), Gen.Int[0, 9]).Array[1, 2_000];

    [Fact]
    public void What_is_there_is_what_was_noted_last() => Steps.Sample(
        steps =>
        {
            var (hot, noted) = (new HotRows(), new Dictionary<int, (Held Held, byte[] Record)>());
            for (var at = 0; at < steps.Length; at++)
            {
                // Half of the steps are about few rows, so that those are met again.
                var key = at % 2 == 0 ? steps[at].Key % 50 : steps[at].Key;
                if (steps[at].Kind == 0)
                {
                    hot.Remove(KeyOf(key));
                    noted.Remove(key);
                }
                else
                {
                    var record = new byte[steps[at].Length];
                    record.AsSpan().Fill((byte)at);
                    noted[key] = (new Held(at + 1, 1, at + 1), record);
                    hot.Set(KeyOf(key), noted[key].Held, record);
                    Assert.Equal(KeyOf(key).Length + record.Length <= HotRows.LongestRow, hot.TryGet(KeyOf(key), out _, out _));
                }

                Check(hot, noted, key);
            }

            foreach (var (key, _, _) in steps)
            {
                Check(hot, noted, key);
            }

            hot.Clear();
            Assert.All(noted.Keys, key => Assert.False(hot.TryGet(KeyOf(key), out _, out _)));
        },
        iter: 20,
        threads: 1);

    [Fact]
    public void More_rows_than_there_are_places_leave_the_later_ones()
    {
        var hot = new HotRows();
        for (var key = 0; key < 100_000; key++)
        {
            hot.Set(KeyOf(key), new Held(key + 1, 1, 1), [1]);
        }

        var kept = Enumerable.Range(0, 100_000).Where(key => hot.TryGet(KeyOf(key), out _, out _)).ToList();
        Assert.InRange(kept.Count, 32_000, 32_768);
        Assert.All(kept, key => Assert.True(hot.TryGet(KeyOf(key), out var held, out _) && held.Revision == key + 1));
        Assert.InRange(kept.Count(key => key >= 50_000), kept.Count / 2, kept.Count);
    }

    private static byte[] KeyOf(int key) => System.Text.Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"kv{key}"));

    private static void Check(HotRows hot, Dictionary<int, (Held Held, byte[] Record)> noted, int key)
    {
        if (hot.TryGet(KeyOf(key), out var held, out var record))
        {
            Assert.True(noted.TryGetValue(key, out var row));
            Assert.Equal(row.Held, held);
            Assert.True(record.Span.SequenceEqual(row.Record));
        }
    }
}
