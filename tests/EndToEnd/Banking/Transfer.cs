namespace RaftCluster.Tests.EndToEnd.Banking;

/// <summary>A transfer that was tried. It leaves a row of its own, in the same transaction, by which it is known to have happened.</summary>
/// <param name="Id">Its name, and the idempotency key when it has one.</param>
/// <param name="From">Who pays.</param>
/// <param name="To">Who is paid.</param>
/// <param name="Amount">How much.</param>
/// <param name="Body">The transaction.</param>
/// <param name="IsKeyed">Whether it carries an idempotency key, so that it is sent until its outcome is known.</param>
internal sealed record Transfer(string Id, Account From, Account To, int Amount, string Body, bool IsKeyed)
{
    /// <summary>What the keys of all transfers' rows begin with.</summary>
    public const string Prefix = "transfers/";

    /// <summary>A transfer that holds if its conditions do.</summary>
    public static Transfer Of(string id, Account from, Account to, int amount, bool isKeyed, string conditions, string moves) => new(
        id,
        from,
        to,
        amount,
        $"{{\"if\":[{conditions}],\"then\":[{moves},{{\"op\":\"put\",\"key\":\"{Prefix}{id}\",\"value\":\"{from.Number} {to.Number} {amount}\"}}]}}",
        isKeyed);
}

/// <summary>What a client knows of its transfer.</summary>
internal enum Fate
{
    /// <summary>It was done.</summary>
    Done,

    /// <summary>Its conditions did not hold.</summary>
    Declined,

    /// <summary>The node said that nothing was done.</summary>
    Refused,

    /// <summary>Nobody said anything certain.</summary>
    Unknown,
}

/// <summary>A transfer and what became of it.</summary>
/// <param name="Transfer">The transfer.</param>
/// <param name="Fate">What the client knows.</param>
/// <param name="Answer">The body of the answer that settled it; empty when none did.</param>
internal sealed record Settled(Transfer Transfer, Fate Fate, string Answer);
