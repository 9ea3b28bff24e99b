using System.Text;
using CsCheck;
using RaftCluster.Node.Changes;
using RaftCluster.StateMachine;

namespace RaftCluster.Tests.Node.Changes;

/// <summary>The readers found are those that want a change, no more and no fewer, whoever came and went.</summary>
public sealed class InterestsTests
{
    private static readonly Gen<byte[]> _key = Gen.OneOf((byte)'a', (byte)'b').Array[0, 4];

    private static readonly Gen<ChangeFilter> _filter = Gen.Select(
        Gen.OneOf<string?>(null, "kv", "k"),
        _key,
        Gen.OneOf(ChangeOperation.Insert, ChangeOperation.Update, ChangeOperation.Delete).Array[0, 2],
        (table, prefix, operations) => new ChangeFilter(table, prefix, operations));

    [Fact]
    public void The_readers_that_want_a_change_are_found() => Gen.Select(
        _filter.Array[0, 30],
        Gen.Int[0, 29].Array[0, 10],
        Gen.Select(Gen.OneOf("kv", "k", "other"), _key, Gen.OneOf(ChangeOperation.Insert, ChangeOperation.Delete)).Array[1, 20])
        .Sample((filters, leavers, changes) =>
        {
            var interests = new Interests();
            var readers = filters.Select(filter => new Subscriber(filter)).ToList();
            readers.ForEach(interests.Add);
            foreach (var reader in leavers.Distinct().Where(at => at < filters.Length).Select(at => readers[at]).ToList())
            {
                interests.Remove(reader);
                // Twice is no harm.
                interests.Remove(reader);
                readers.Remove(reader);
            }

            Assert.Equal(readers.Count, interests.Count);
            Assert.Equal(readers.ToHashSet(), interests.All.ToHashSet());
            foreach (var (table, key, operation) in changes)
            {
                var found = new List<Subscriber>();
                interests.Find(operation, Encoding.UTF8.GetBytes(table), key, found);
                Assert.Equal(
                    readers.Where(reader => reader.Filter.Wants(operation, Encoding.UTF8.GetBytes(table), key)).ToHashSet(), found.ToHashSet());
                Assert.Equal(found.Count, found.Distinct().Count());
            }
        });
}
