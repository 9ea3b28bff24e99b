using System.Net;
using System.Text.Json;

namespace RaftCluster.Client;

/// <summary>
/// Who the members of the cluster are, and changes of that. Every call goes to the leader, and throws what
/// <see cref="RaftClusterClient"/>'s do; a change that is refused (<c>would-lose-quorum</c>, …) is a
/// <see cref="RaftClusterException"/> with its code, and one that another change is in the way of is tried again.
/// </summary>
public sealed class ClusterMembers
{
    private const string Root = "/v1/members";

    private readonly Dispatcher _dispatcher;

    internal ClusterMembers(Dispatcher dispatcher) => _dispatcher = dispatcher;

    /// <summary>The members, as the leader sees them.</summary>
    /// <param name="cancellation">Gives up.</param>
    public Task<MembershipInfo> ListAsync(CancellationToken cancellation = default) =>
        SendAsync(new Call(HttpMethod.Get, Root) { PrefersLeader = true }, cancellation);

    /// <summary>Adds a member, which begins as a learner. Adding it again with the same addresses changes nothing.</summary>
    /// <param name="member">The new member.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<MembershipInfo> AddAsync(NewMember member, CancellationToken cancellation = default) => SendAsync(
        Change(HttpMethod.Post, Root, JsonSerializer.SerializeToUtf8Bytes(member, ClientJson.Default.NewMember)), cancellation);

    /// <summary>Changes a member's addresses, its role, or how it is promoted.</summary>
    /// <param name="id">The member.</param>
    /// <param name="change">What is to be otherwise; null for what stays.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<MembershipInfo> AlterAsync(string id, MemberChange change, CancellationToken cancellation = default) => SendAsync(
        Change(HttpMethod.Patch, Target(id), JsonSerializer.SerializeToUtf8Bytes(change, ClientJson.Default.MemberChange)), cancellation);

    /// <summary>Removes a member: it stops itself when it hears of it.</summary>
    /// <param name="id">The member.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<MembershipInfo> RemoveAsync(string id, CancellationToken cancellation = default) =>
        SendAsync(Change(HttpMethod.Delete, Target(id), []), cancellation);

    private static string Target(string id)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        return $"{Root}/{Uri.EscapeDataString(id)}";
    }

    private static Call Change(HttpMethod method, string target, byte[] body) => new(method, target)
    {
        Body = body,
        ContentType = body.Length > 0 ? "application/json" : null,
        PrefersLeader = true,
    };

    private async Task<MembershipInfo> SendAsync(Call call, CancellationToken cancellation)
    {
        var answer = await _dispatcher.SendAsync(call, cancellation);
        if (answer.Status is HttpStatusCode.NotFound)
        {
            throw new RaftClusterException(answer.Failure with { Outcome = Outcome.NotApplied }, endpoint: null);
        }

        return Requests.Body(answer, ClientJson.Default.MembershipInfo, expected: "a list of the members");
    }
}
