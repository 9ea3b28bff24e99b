namespace RaftCluster.Chaos.History;

/// <summary>One write, tried once.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Value">Its value; no two writes have the same.</param>
/// <param name="IsOnly">Whether no other write has this key.</param>
/// <param name="Node">The node that was asked.</param>
/// <param name="Begun">When it was sent, in ticks of a clock that never goes back.</param>
/// <param name="Ended">When its outcome was known.</param>
/// <param name="Outcome">What came of it.</param>
internal sealed record WriteOperation(string Key, string Value, bool IsOnly, string Node, long Begun, long Ended, WriteOutcome Outcome);
