using CsCheck;
using RaftCluster.Node.Leases;

namespace RaftCluster.Tests.Node.Leases;

/// <summary>The heap with lazy places against a plain table of deadlines.</summary>
public sealed class LeaseBookTests
{
    private enum Act
    {
        Add,
        Remove,
        KeepAlive,
        Hold,
        LetGo,
        TakeDue,
        PutBack,
        Advance,
    }

    private static readonly Gen<(Act Act, int Id, int Ticks)> Steps = Gen.Select(Gen.Enum<Act>(), Gen.Int[1, 12], Gen.Int[1, 20]);

    [Fact]
    public void It_does_what_a_table_of_deadlines_does() => Steps.Array[1, 200].Sample(steps =>
    {
        var (book, plain, now) = (new LeaseBook(), new Dictionary<long, Plain>(), TimeSpan.Zero);
        foreach (var (act, id, ticks) in steps)
        {
            var lease = plain.GetValueOrDefault(id);
            var term = TimeSpan.FromTicks(ticks);
            switch (act)
            {
                case Act.Add:
                    book.Add(id, term, now);
                    plain.TryAdd(id, new Plain(term, now + term));
                    break;
                case Act.Remove:
                    book.Remove(id);
                    plain.Remove(id);
                    break;
                case Act.KeepAlive:
                    // From a moment ago: never takes time away.
                    var from = now - TimeSpan.FromTicks(ticks / 4);
                    Assert.Equal(lease is { IsEnding: false }, book.KeepAlive(id, from));
                    if (lease is { IsEnding: false })
                    {
                        lease.Ends = Later(lease.Ends, from + lease.Term);
                    }

                    break;
                case Act.Hold:
                    Assert.Equal(lease is { IsEnding: false }, book.Hold(id));
                    if (lease is { IsEnding: false })
                    {
                        lease.Holds++;
                    }

                    break;
                case Act.LetGo:
                    book.LetGo(id, now);
                    if (lease is { Holds: > 0 })
                    {
                        lease.Holds--;
                        lease.Ends = Later(lease.Ends, now + lease.Term);
                    }

                    break;
                case Act.TakeDue:
                    var due = plain.Where(entry => entry.Value is { IsEnding: false, Holds: 0 } && entry.Value.Ends <= now).ToList();
                    foreach (var entry in plain.Values.Where(entry => entry is { IsEnding: false, Holds: > 0 } && entry.Ends <= now))
                    {
                        entry.Ends = now + entry.Term;
                    }

                    Assert.Equal(due.Select(entry => entry.Key).Order(), book.TakeDue(now, int.MaxValue).Order());
                    due.ForEach(entry => entry.Value.IsEnding = true);
                    break;
                case Act.PutBack:
                    book.PutBack([id], now + term);
                    if (lease is { IsEnding: true })
                    {
                        (lease.IsEnding, lease.Ends) = (false, now + term);
                    }

                    break;
                case Act.Advance:
                    now += term;
                    break;
            }

            Assert.Equal(plain.Count, book.Count);
            foreach (var (known, entry) in plain)
            {
                var ends = entry.Holds > 0 ? Later(entry.Ends, now + entry.Term) : entry.Ends;
                Assert.Equal((entry.Term, ends, entry.IsEnding), book.Look(known, now));
            }

            // Never too late: whatever can end is looked at in time.
            if (plain.Values.Where(entry => !entry.IsEnding).Select(entry => (TimeSpan?)entry.Ends).Min() is { } first)
            {
                Assert.True(book.Next <= first);
            }
        }
    });

    [Fact]
    public void Leases_that_end_early_leave_no_places_behind()
    {
        var book = new LeaseBook();
        for (var id = 1; id <= 100_000; id++)
        {
            book.Add(id, TimeSpan.FromHours(24), TimeSpan.Zero);
            book.Remove(id);
        }

        Assert.Equal(0, book.Count);
        Assert.InRange(book.Places, 0, 1025);
    }

    [Fact]
    public void No_more_are_taken_than_asked_for_and_the_others_stay_due()
    {
        var book = new LeaseBook();
        for (var id = 1; id <= 5; id++)
        {
            book.Add(id, TimeSpan.FromTicks(id), TimeSpan.Zero);
        }

        Assert.Equal([1L, 2, 3], book.TakeDue(TimeSpan.FromTicks(9), 3));
        Assert.Equal([4L, 5], book.TakeDue(TimeSpan.FromTicks(9), 3));
        Assert.Empty(book.TakeDue(TimeSpan.FromTicks(9), 3));
    }

    private static TimeSpan Later(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private sealed record Plain(TimeSpan Term, TimeSpan Begins)
    {
        public TimeSpan Ends { get; set; } = Begins;

        public int Holds { get; set; }

        public bool IsEnding { get; set; }
    }
}
