using System.Text;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Leases;
using RaftCluster.StateMachine.Locks;

namespace RaftCluster.Tests.Node.Http;

/// <summary>Short words for what the tests of locks ask and look at.</summary>
internal static class LockCalls
{
    public static async Task<Answer> AcquireAsync(TestNode node, string owner, string name = "a", string ttl = "1h")
    {
        var answer = await node.SendAsync("PUT", $"/v1/locks/{name}?owner={owner}&ttl={ttl}");
        Assert.Equal(200, answer.Status);
        return answer;
    }

    /// <summary>Sends a request that waits.</summary>
    /// <returns>The request, once it stands in the queue.</returns>
    public static async Task<Task<Answer>> WaitingAsync(
        TestNode through, TestNode leader, string owner, string more = "ttl=1h", string name = "a", CancellationTokenSource? leaving = null)
    {
        var waiting = SendAsync(through, $"/v1/locks/{name}?owner={owner}&wait=1h&{more}", leaving?.Token ?? TestContext.Current.CancellationToken);
        await UntilAsync(leader, () => Row(leader, name)!.Waiters.Any(waiter => waiter.Owner == owner));
        return waiting;
    }

    public static async Task<Answer> SendAsync(TestNode node, string target, CancellationToken leaving)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, target);
        using var response = await node.Http.SendAsync(request, leaving);
        return new Answer((int)response.StatusCode, new Dictionary<string, string>(), await response.Content.ReadAsByteArrayAsync(leaving), response.Version);
    }

    public static async Task UntilAsync(TestNode node, Func<bool> isSo)
    {
        while (true)
        {
            // Looked at first: what happens while the condition is asked is not missed.
            var seen = node.Store.Applied.Revision;
            if (isSo())
            {
                return;
            }

            await node.Consensus.WaitForRevisionAsync(seen + 1, TestContext.Current.CancellationToken);
        }
    }

    public static LockRow? Row(TestNode node, string name = "a")
    {
        using var picture = node.Store.Read();
        var row = picture.Get(SystemTables.Locks, Encoding.UTF8.GetBytes(name), picture.Position.Revision);
        return row is null ? null : LockRow.Read(row.Value.Span);
    }

    public static string[] Waiters(TestNode node) => [.. Row(node)!.Waiters.Select(waiter => waiter.Owner)];

    public static long[] LeaseIds(TestNode node)
    {
        using var picture = node.Store.Read();
        return [.. LeaseRecord.All(picture).Select(lease => lease.Id)];
    }

    public static string? Text(Answer answer, string member) => answer.Json.GetProperty(member).GetString();

    public static long Number(Answer answer, string member) => answer.Json.GetProperty(member).GetInt64();

    public static async Task<(int, string)> CodeAsync(Task<Answer> answer) => ((await answer).Status, (await answer).Code);
}
