using CsCheck;

namespace RaftCluster.Tests.EndToEnd.Model;

/// <summary>What a request asks of a row before it acts.</summary>
internal enum When
{
    Always,
    MatchesNow,
    MatchesStale,
    Exists,
    Absent,
    NotNow,
}

/// <summary>One request, through one of the nodes.</summary>
/// <param name="Node">Which node, as a number of any size.</param>
internal abstract record Operation(int Node)
{
    /// <summary>Keys that are easily mistaken for one another on their way through a URL.</summary>
    public static readonly string[] Keys =
        ["a", "a/b", "a/b c", "a%2Fb", "a?b=c&d", "a#b", "ä", "日本", "b", "b/1", "b/2", "b+2", "z"];

    public sealed record Put(int Node, string Key, string Value, When When) : Operation(Node);

    public sealed record Delete(int Node, string Key, When When) : Operation(Node);

    public sealed record DeletePrefix(int Node, string Prefix) : Operation(Node);

    /// <param name="Node">Which node.</param>
    /// <param name="Key">The row.</param>
    /// <param name="Back">How many revisions ago; 0 for now, without a revision in the request.</param>
    /// <param name="Session">Whether by the token of the last answer rather than linearizable.</param>
    /// <param name="When">Whether a copy at hand would do.</param>
    public sealed record Get(int Node, string Key, int Back, bool Session, When When) : Operation(Node);

    /// <param name="Node">Which node.</param>
    /// <param name="Start">The first key, or the prefix.</param>
    /// <param name="End">The first key that is not meant; null to take <paramref name="Start"/> for a prefix.</param>
    /// <param name="Limit">Rows a page; 0 for no limit.</param>
    /// <param name="Descending">From the last key to the first.</param>
    /// <param name="Back">How many revisions ago; 0 for now.</param>
    /// <param name="Session">Whether by the token of the last answer rather than linearizable.</param>
    public sealed record Range(int Node, string Start, string? End, int Limit, bool Descending, int Back, bool Session) : Operation(Node);

    public sealed record Count(int Node, string Prefix) : Operation(Node);

    /// <summary>Makes any of them; mostly writes of few keys, so that they meet.</summary>
    public static Gen<Operation> Any { get; } = Make();

    private static Gen<Operation> Make()
    {
        var node = Gen.Int[0, 2];
        var key = Gen.OneOf(Keys);
        var prefix = Gen.OneOf("a", "a/", "b", "b/", "z", "nothing", "日");
        var value = Gen.Char[" \"\\\n0Zaä日"].Array[0, 12].Select(text => new string(text));
        var back = Gen.Frequency((3, Gen.Const(0)), (1, Gen.Int[1, 60]));
        var when = Gen.Frequency((5, Gen.Const(When.Always)), (1, Gen.Enum<When>()));
        var whenDelete = Gen.OneOf(When.Always, When.Always, When.MatchesNow, When.MatchesStale);
        var whenGet = Gen.OneOf(When.Always, When.Always, When.Always, When.NotNow);
        return Gen.Frequency(
            (10, Gen.Select(node, key, value, when).Select((n, k, v, w) => (Operation)new Put(n, k, v, w))),
            (4, Gen.Select(node, key, whenDelete).Select((n, k, w) => (Operation)new Delete(n, k, w))),
            (1, Gen.Select(node, prefix).Select((n, p) => (Operation)new DeletePrefix(n, p))),
            (8, Gen.Select(node, key, back, Gen.Bool, whenGet).Select((n, k, b, s, w) => (Operation)new Get(n, k, b, s, w))),
            (3, Gen.Select(node, prefix, Gen.Int[0, 4], Gen.Bool, back, Gen.Bool)
                .Select((n, p, l, d, b, s) => (Operation)new Range(n, p, null, l, d, b, s))),
            (2, Gen.Select(node, key, key, Gen.Int[0, 4], Gen.Bool, back, Gen.Bool)
                .Select((n, k, e, l, d, b, s) => (Operation)new Range(n, k, e, l, d, b, s))),
            (1, Gen.Select(node, prefix).Select((n, p) => (Operation)new Count(n, p))));
    }
}
