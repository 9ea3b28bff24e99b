using CsCheck;

namespace RaftCluster.Tests.EndToEnd.Model;

/// <summary>One request of some theme, through one of the nodes.</summary>
/// <param name="Node">Which node is asked first, as a number of any size.</param>
internal abstract record Act(int Node)
{
    public sealed record PutRow(int Node, string Key, string Text) : Act(Node);

    public sealed record PatchRow(int Node, string Key, int Number) : Act(Node);

    public sealed record DeleteRow(int Node, string Key) : Act(Node);

    /// <summary>Its key is the revision.</summary>
    public sealed record AppendRow(int Node, string Text) : Act(Node);

    /// <summary>If the row is there: adds to a counter, patches it, and puts a value; else removes the value.</summary>
    public sealed record Transact(int Node, string Key, int Number) : Act(Node);

    public sealed record Grant(int Node) : Act(Node);

    /// <param name="Node">Which node.</param>
    /// <param name="Key">The row.</param>
    /// <param name="Lease">Of all leases there ever were, counted from the newest; -1 for none.</param>
    public sealed record PutLeased(int Node, string Key, int Lease) : Act(Node);

    /// <param name="Node">Which node.</param>
    /// <param name="Lease">Of all leases there ever were, counted from the newest.</param>
    public sealed record EndLease(int Node, int Lease) : Act(Node);

    public sealed record Acquire(int Node, string Owner) : Act(Node);

    public sealed record Release(int Node, string Owner) : Act(Node);

    /// <param name="Node">Which node.</param>
    /// <param name="Key">A row below the lock's guard.</param>
    /// <param name="Fence">Of all fences there ever were, counted from the newest; -1 for none.</param>
    public sealed record PutGuarded(int Node, string Key, int Fence) : Act(Node);

    /// <summary>Sends an earlier request again under its key.</summary>
    public sealed record Repeat(int Node, int Which) : Act(Node);

    /// <summary>Sends another request under an earlier key.</summary>
    public sealed record Reuse(int Node, int Which) : Act(Node);

    /// <summary>Makes any of them; few keys, so that they meet.</summary>
    public static Gen<Act> Any { get; } = Make();

    private static Gen<Act> Make()
    {
        var node = Gen.Int[0, 2];
        var key = Gen.OneOf("a", "b", "m/n", "ä");
        var leased = Gen.OneOf("l1", "l2", "l3");
        var owner = Gen.OneOf("x", "y");
        var back = Gen.Int[0, 3];
        var backOrNone = Gen.Int[-1, 2];
        return Gen.Frequency(
            (5, Gen.Select(node, key, Gen.Int[0, 99]).Select((n, k, t) => (Act)new PutRow(n, k, $"text {t}"))),
            (4, Gen.Select(node, key, Gen.Int[0, 99]).Select((n, k, t) => (Act)new PatchRow(n, k, t))),
            (2, Gen.Select(node, key).Select((n, k) => (Act)new DeleteRow(n, k))),
            (2, Gen.Select(node, Gen.Int[0, 99]).Select((n, t) => (Act)new AppendRow(n, $"entry {t}"))),
            (5, Gen.Select(node, key, Gen.Int[0, 99]).Select((n, k, t) => (Act)new Transact(n, k, t))),
            (2, node.Select(n => (Act)new Grant(n))),
            (4, Gen.Select(node, leased, backOrNone).Select((n, k, l) => (Act)new PutLeased(n, k, l))),
            (2, Gen.Select(node, back).Select((n, l) => (Act)new EndLease(n, l))),
            (4, Gen.Select(node, owner).Select((n, o) => (Act)new Acquire(n, o))),
            (3, Gen.Select(node, owner).Select((n, o) => (Act)new Release(n, o))),
            (5, Gen.Select(node, leased, backOrNone).Select((n, k, f) => (Act)new PutGuarded(n, $"g/{k}", f))),
            (3, Gen.Select(node, Gen.Int[0, 20]).Select((n, w) => (Act)new Repeat(n, w))),
            (1, Gen.Select(node, Gen.Int[0, 20]).Select((n, w) => (Act)new Reuse(n, w))));
    }
}
