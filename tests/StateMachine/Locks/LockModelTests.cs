using System.Text;
using CsCheck;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Leases;
using RaftCluster.StateMachine.Locks;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Tests.StateMachine.Locks;

/// <summary>
/// The store's leases, locks and guards against the model, over random histories: one holder at most, who waits is
/// served in order, fences only grow, and what a guard covers is written by the lock's present holder or not at all.
/// </summary>
public sealed class LockModelTests
{
    private const long Term = 7;

    private static readonly Gen<string> Name = Gen.OneOf<string>("a", "b");
    private static readonly Gen<string> Owner = Gen.OneOf<string>("x", "y", "z", "ö\"\\\n");
    private static readonly Gen<string> Key = Gen.OneOf<string>("job", "jobs/1", "jobs/2", "k", "zoo");
    private static readonly Gen<string[]> Guards = Gen.OneOf<string>("jobs/", "jo", "z", "jobs/1").Array[0, 2];
    private static readonly Gen<bool> Seldom = Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true)));

    /// <summary>Which fences a write comes with: of those given, counted back from the newest.</summary>
    private static readonly Gen<int[]> Fences = Gen.Int[0, 3].Array[0, 2];

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (8, Gen.Select(Name, Owner, Gen.Bool, Guards, Seldom, (name, owner, queue, guards, guarded) =>
            (Step)new Step.Acquire(name, owner, queue, guarded ? guards : []))),
        (4, Gen.Select(Name, Owner, Gen.Int[0, 5], Seldom, Seldom, (name, owner, how, force, drop) =>
            (Step)new Step.Release(name, how is 1 or 2 ? null : owner, how is 1 or 3, force, drop))),
        (2, Gen.Select(Name, Owner, (name, owner) => (Step)new Step.Leave(name, owner))),
        (1, Gen.Const((Step)new Step.Grant())),
        (3, Gen.Select(Gen.Int[0, 9].Array[1, 3], Gen.Int[0, 5], (which, term) => (Step)new Step.Expire(which, term))),
        (12, Gen.Select(Key, Fences, Gen.Int[0, 9], Gen.Bool, (key, fences, lease, fast) =>
            (Step)new Step.Put(key, fences, lease, fast))),
        (2, Gen.Select(Key, Key, Fences, (start, end, fences) => (Step)new Step.DeleteRange(start, end, fences))),
        (1, Gen.Const((Step)new Step.Restart())));

    [Fact]
    public void Every_history_comes_out_as_the_model_says() => Steps.Array[1, 60].Sample(steps =>
    {
        using var folder = new TemporaryFolder();
        using var run = new Run(Path.Combine(folder.Path, "rows"));
        foreach (var step in steps)
        {
            run.Do(step);
            run.Compare();
        }
    }, iter: 150);

    private abstract record Step
    {
        public sealed record Acquire(string Name, string Owner, bool Queue, string[] Guards) : Step;

        public sealed record Release(string Name, string? Owner, bool ByFence, bool Force, bool Drop) : Step;

        public sealed record Leave(string Name, string Owner) : Step;

        public sealed record Grant : Step;

        public sealed record Expire(int[] Which, int InTerm) : Step;

        public sealed record Put(string Key, int[] Fences, int Lease, bool Fast) : Step;

        public sealed record DeleteRange(string Start, string End, int[] Fences) : Step;

        public sealed record Restart : Step;
    }

    private sealed class Run(string folder) : ILeaseListener, IDisposable
    {
        private readonly LockModel _model = new();
        private readonly SortedSet<long> _heard = [];
        private RowStore? _store;

        private RowStore Store => _store ??= Open();

        public void Do(Step step)
        {
            switch (step)
            {
                case Step.Acquire(var name, var owner, var queue, var guards):
                    Expect(
                        _model.Acquire(name, owner, queue, guards),
                        new Operation.AcquireLock(name, owner, 1000, queue, [.. guards.Select(prefix => new Guard("kv", prefix))]));
                    break;
                case Step.Release(var name, var owner, var byFence, var force, var drop):
                    var fence = byFence ? _model.Fences.LastOrDefault(given => given.Lock == name).Number : 0;
                    Expect(
                        _model.Release(name, owner, fence, force, drop),
                        new Operation.ReleaseLock(name, owner, fence, force, drop));
                    break;
                case Step.Leave(var name, var owner):
                    Expect(_model.Leave(name, owner), new Operation.LeaveQueue(name, owner));
                    break;
                case Step.Grant:
                    Expect($"lease {_model.GrantLease()}", new Operation.GrantLease(1000, "somebody"));
                    break;
                case Step.Expire(var which, var inTerm):
                    // Now and then one that is none, or one of a term that is over.
                    var ids = which.Select(at => _model.Leases.Keys.ElementAtOrDefault(at)).Select(id => id == 0 ? 999_999 : id).ToArray();
                    var term = inTerm switch { 0 => 0, 1 => Term - 1, _ => Term };
                    Expect(inTerm == 1 ? "ended 0 0" : _model.End(ids), new Operation.EndLeases([.. ids], term));
                    break;
                case Step.Put put:
                    Do(put);
                    break;
                case Step.DeleteRange(var start, var end, var given):
                    Assert.Equal(
                        _model.DeleteRange(start, end, Given(given)),
                        Apply(new Command.DeleteRange("kv", Entries.Bytes(start), Entries.Bytes(end)), given));
                    break;
                case Step.Restart:
                    _store?.Dispose();
                    _store = null;
                    break;
            }
        }

        public void Compare()
        {
            using var reader = Store.Read();
            Assert.Equal(_model.Revision, reader.Position.Revision);
            var locks = reader.Range(SystemTables.Locks, KeyRange.All, reader.Position.Revision).Select(row => Describe(row)).ToList();
            Assert.Equal(_model.Describe(), locks);
            var leases = LeaseRecord.All(reader).OrderBy(lease => lease.Id).Select(lease => (lease.Id, lease.Lease.Implicit));
            Assert.Equal(_model.Leases.Select(lease => (lease.Key, lease.Value)), leases);
            Assert.Equal(_model.Leases.Keys, _heard);
            var rows = reader.Range("kv", KeyRange.All, reader.Position.Revision).Select(row => (Entries.Text(row.Key), row.Lease));
            Assert.Equal(_model.Rows.Select(row => (row.Key, row.Value)), rows);
            Assert.Equal(_model.Fences.OrderBy(fence => fence.Number), _model.Fences);
            foreach (var lease in _model.Leases.Keys)
            {
                Assert.Equal(
                    _model.Rows.Where(row => row.Value == lease).Select(row => row.Key),
                    reader.RowsOfLease(lease).Where(row => row.Table == "kv").Select(row => Entries.Text(row.Key)));
            }
        }

        public void Granted(long id, long ttlMs) => Assert.True(_heard.Add(id));

        public void Ended(long id) => Assert.True(_heard.Remove(id));

        public void Reset()
        {
        }

        public void Dispose() => _store?.Dispose();

        private RowStore Open()
        {
            var store = RowStore.Open(folder, new RowStoreOptions { WriteBufferBytes = 64 << 10 });
            store.LeaseListener = this;
            return store;
        }

        private (string Lock, long Number)[] Given(int[] fences) =>
        [
            .. fences.Select(back => _model.Fences.Count > back ? _model.Fences[^(back + 1)] : ("a", 999_999L)).DistinctBy(given => given.Item1),
        ];

        private void Do(Step.Put put)
        {
            var lease = put.Lease > 4 ? 0 : put.Lease == 0 ? 999_999 : _model.Leases.Keys.ElementAtOrDefault(put.Lease);
            var ttl = put.Lease == 9;
            var expected = _model.Put(put.Key, Given(put.Fences), lease, ttl);
            Assert.Equal(expected, put.Fast && lease == 0 && !ttl
                ? Apply(Entries.Put(put.Key), put.Fences)
                : Apply(
                    EntryCodec.EncodeTransaction(Transaction.Of(new Operation.Put(
                        "kv", Entries.Bytes(put.Key), Entries.Bytes("v"), null, new LeaseTerm(lease, ttl ? 1000 : 0)))),
                    put.Fences));
        }

        private void Expect(string expected, Operation operation) =>
            Assert.Equal(expected, Apply(EntryCodec.EncodeTransaction(Transaction.Of(operation)), []));

        private string Apply(Command command, int[] fences) => Apply(EntryCodec.EncodeTransaction(command), fences);

        private string Apply(byte[] transaction, int[] fences)
        {
            var given = Given(fences);
            if (given.Length > 0)
            {
                transaction = EntryCodec.EncodeFramed(null, [.. given.Select(fence => new Fence(fence.Lock, fence.Number))], transaction);
            }

            var entry = EntryCodec.ComposeEntry(new RequestId(1, 2), Store.Applied.Time + 5, transaction);
            return Describe(Assert.Single(Store.Apply(Store.Applied.Index + 1, Term, entry)));
        }

        private static string Describe(Outcome outcome) => outcome switch
        {
            Outcome.Written => "written",
            Outcome.Deleted deleted => $"deleted {deleted.Count}",
            Outcome.Fenced fenced => $"fenced by {fenced.Lock} {fenced.Fence}",
            Outcome.Failed { Kind: FailureKind.LeaseAbsent } => "no lease",
            Outcome.Transacted { Results: [var result] } => result switch
            {
                OperationResult.Written => "written",
                OperationResult.LeaseGranted granted => $"lease {granted.Id}",
                OperationResult.LeasesEnded ended => $"ended {ended.Leases} {ended.Rows}",
                OperationResult.LockHeld held => $"held {held.Fence} {held.Lease}",
                OperationResult.LockQueued queued => $"queued {queued.Position} {queued.Lease} behind {queued.Holder} {queued.Fence}",
                OperationResult.LockTaken taken => $"taken by {taken.Holder} {taken.Fence}",
                OperationResult.LockReleased released => $"released {released.Released}",
                _ => result.ToString(),
            },
            _ => outcome.ToString(),
        };

        private static string Describe(Row row)
        {
            var read = LockRow.Read(row.Value.Span);
            Assert.Equal(Encoding.UTF8.GetString(row.Value.Span), Encoding.UTF8.GetString(read.ToJson()));
            return $"{Entries.Text(row.Key)}: {read.Holder?.Owner ?? "nobody"} {read.Fence} "
                + $"[{string.Join(' ', read.Waiters.Select(waiter => $"{waiter.Owner}/{waiter.Lease}"))}] "
                + $"guards [{string.Join(' ', read.Guards.Select(guard => guard.Prefix).Order(StringComparer.Ordinal))}]";
        }
    }
}
