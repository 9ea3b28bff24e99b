using System.Globalization;
using RaftCluster.Node.Configuration;
using RaftCluster.StateMachine.Leases;

namespace RaftCluster.Node.Http.Leases;

/// <summary>What requests about leases have in common.</summary>
internal static class LeasePath
{
    /// <summary>What their paths begin with.</summary>
    public const string Root = "/v1/leases/";

    private static readonly TimeSpan _shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _longest = TimeSpan.FromHours(24);

    /// <summary>Reads the lease's id from the path.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static Problem? Read(Call call, out long id)
    {
        var number = Numbers.Read(call.Target.Path[Root.Length..], 1, long.MaxValue);
        id = number ?? 0;
        return number is null ? Problem.Malformed("id", "id is no lease: a whole number from 1 is expected") : null;
    }

    /// <summary>Reads how long a lease lasts without a sign of life.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static Problem? ReadTtl(string text, out long milliseconds)
    {
        milliseconds = 0;
        if (!Duration.TryParse(text, out var ttl))
        {
            return Problem.Malformed("ttl", $"ttl is no time: {Duration.Form}");
        }

        milliseconds = (long)ttl.TotalMilliseconds;
        return ttl >= _shortest && ttl <= _longest
            ? null
            : Problem.Malformed("ttl", $"ttl is {Duration.Format(_shortest)} to {Duration.Format(_longest)}");
    }

    /// <summary>Checks an owner's name.</summary>
    public static Problem? CheckOwner(string owner) =>
        System.Text.Encoding.UTF8.GetByteCount(owner) is >= 1 and <= LeaseRecord.MaximumOwnerLength
            ? null
            : Problem.Malformed("owner", $"owner has 1 to {LeaseRecord.MaximumOwnerLength} bytes");

    /// <summary>Refuses what makes no sense for a lease or a lock: a condition on a row's tag, an answer before the commit.</summary>
    public static Problem? RefuseTerms(RequestTerms terms) =>
        DeleteRange.Conditions(terms) is { } header
            ? Problem.Malformed(header, $"{header} is about a row; leases and locks have no entity tag")
            : terms.Durability == Consensus.Durability.Leader
                ? Problem.Malformed(HeaderNames.Durability, "a lease or a lock that may be lost again is none: quorum or all")
                : null;

    /// <summary>A time in milliseconds as it was written.</summary>
    public static string Show(long milliseconds) => Duration.Format(TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>There is no such lease.</summary>
    public static Problem Absent(long id, string why = "it ended, or never was") =>
        new(ProblemCode.LeaseAbsent, string.Create(CultureInfo.InvariantCulture, $"there is no lease {id}: {why}"), "id");
}
