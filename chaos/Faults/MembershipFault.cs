using System.Text.Json;
using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.Workloads;

namespace RaftCluster.Chaos.Faults;

/// <summary>
/// Members change while everything else goes on: a fresh node joins as a learner and gets a vote, which it loses and gets again
/// perhaps; a member is removed and joins anew with an empty disk; the fresh one is removed. Then the members are who they were.
/// </summary>
internal sealed class MembershipFault(string name, string what) : Fault(name, what)
{
    private const int Removed = 9;

    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public override bool TakesLong => true;

    /// <inheritdoc/>
    public override bool NeedsShim => true;

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        if (context.Group.Spare is not { } spare || context.Claim(spare) is not { } own)
        {
            report.Skip("there is no spare node");
            return;
        }

        using (own)
        {
            report.Meets(spare.Id);
            if (await JoinAsync(context, spare, chance))
            {
                report.TookEffect($"{spare.Id} joined and has a vote");
                if (chance.Next(2) == 0 && await ChangeAsync(context, chance, spare, "learner") && await ChangeAsync(context, chance, spare, "voter"))
                {
                    report.Say("it lost the vote and has it again");
                }

                await ReplaceAsync(context, chance, spare, report);
            }

            await RemoveAsync(context, chance, spare);
        }
    }

    private static async Task ReplaceAsync(FaultContext context, Random chance, NodeProcess spare, FaultReport report)
    {
        var free = context.Free().Where(node => context.Nodes.Contains(node)).ToList();
        if (free.Count == 0 || free[chance.Next(free.Count)] is var node && context.Claim(node) is not { } claim)
        {
            report.Say("no member was free to be replaced");
            return;
        }

        using (claim)
        {
            report.Meets(spare.Id, node.Id);
            if (await RemoveAsync(context, chance, node) && await JoinAsync(context, node, chance))
            {
                report.Say($"{node.Id} was removed, and joined anew with an empty disk");
            }
        }
    }

    private static async Task<bool> JoinAsync(FaultContext context, NodeProcess node, Random chance)
    {
        var data = context.Group.DataOf(node);
        if (Directory.Exists(data))
        {
            Directory.Delete(data, recursive: true);
        }

        var others = context.Nodes.Where(other => other != node && other.IsUp).ToList();
        node.StartJoining((others.Count > 0 ? others[chance.Next(others.Count)] : context.Nodes[0]).Http);
        return await AwaitAsync(
            context, node, "a vote for a node that joined", async () => !node.IsUp || await RoleAsync(context, chance, node) == "voter") && node.IsUp;
    }

    private static Task<bool> ChangeAsync(FaultContext context, Random chance, NodeProcess node, string role) => AwaitAsync(
        context,
        node,
        $"the role of {role}",
        async () =>
        {
            if (await RoleAsync(context, chance, node) == role)
            {
                return true;
            }

            await AskAsync(context, chance, node, "PATCH", $"/v1/members/{node.Id}", $$"""{"role":"{{role}}"}""");
            return false;
        });

    /// <summary>Removes a member; its process ends by itself and says so by its exit code.</summary>
    private static async Task<bool> RemoveAsync(FaultContext context, Random chance, NodeProcess node)
    {
        var isOut = await AwaitAsync(
            context,
            node,
            "a removal",
            async () =>
            {
                if (await RoleAsync(context, chance, node) == "")
                {
                    return true;
                }

                await AskAsync(context, chance, node, "DELETE", $"/v1/members/{node.Id}", body: null);
                return false;
            });
        if (isOut && !(await Until.IsAsync(_bound, () => Task.FromResult(!node.IsUp)) && node.ExitCode == Removed))
        {
            context.Violate(new Violation(
                Promise.NodesRecover, node.Id, $"a removed node that ends with exit code {Removed} within {_bound.TotalSeconds} s", node.End));
        }

        if (node.IsUp)
        {
            node.Kill();
        }

        await node.GoneAsync();
        return isOut;
    }

    private static async Task<bool> AwaitAsync(FaultContext context, NodeProcess node, string what, Func<Task<bool>> isSo)
    {
        var came = await Until.IsAsync(_bound, async () =>
        {
            var so = await isSo();
            await Task.Delay(so ? TimeSpan.Zero : _pace, CancellationToken.None);
            return so;
        });
        if (!came)
        {
            context.Violate(new Violation(Promise.NodesRecover, node.Id, $"{what} within {_bound.TotalSeconds} s", node.End));
        }

        return came;
    }

    /// <summary>A member's role as the leader has it; empty when it is none; null when nobody says.</summary>
    private static async Task<string?> RoleAsync(FaultContext context, Random chance, NodeProcess node)
    {
        if (await AskAsync(context, chance, node, "GET", "/v1/members", body: null) is not { Status: 200 } answer)
        {
            return null;
        }

        using var json = JsonDocument.Parse(answer.Body);
        return json.RootElement.GetProperty("members").EnumerateArray()
            .Where(member => member.GetProperty("id").GetString() == node.Id)
            .Select(member => member.GetProperty("role").GetString())
            .FirstOrDefault("");
    }

    private static async Task<HttpAnswer?> AskAsync(FaultContext context, Random chance, NodeProcess about, string method, string target, string? body)
    {
        var others = context.Nodes.Where(other => other != about && other.IsUp).ToList();
        if (others.Count == 0)
        {
            return null;
        }

        try
        {
            using var connection = new HttpConnection(others[chance.Next(others.Count)].Http, _patience);
            return await connection.SendAsync(method, target, body, ("Content-Type", "application/json"), ("Raft-Wait", "3s"));
        }
        catch (Exception silent) when (silent is IOException or NotSentException or TimeoutException)
        {
            return null;
        }
    }
}
