using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using RaftCluster.Cli;
using RaftCluster.Client;

namespace RaftCluster.Tests.Cli;

/// <summary>Starts real nodes, as built beside raftctl.</summary>
[Trait("Kind", "Processes")]
public sealed class UpTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("raft-up-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_cluster_comes_up_heals_goes_down_and_comes_up_again_with_its_rows()
    {
        var ports = UpRun.FreePorts(6);
        await using (var up = UpRun.Start("--data", _folder, "--http-port", $"{ports}", "--peer-port", $"{ports + 3}"))
        {
            var ready = await up.ReadyAsync();
            Assert.Equal(["n1", "n2", "n3"], ready.Nodes.Select(node => node.Id));
            using var client = ClientOf(ready);
            _ = Assert.IsType<PutResult.Written>(await client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation));

            var victim = ready.Nodes.Single(node => node.Id == ready.Leader);
            Process.GetProcessById(victim.Pid).Kill();
            var exited = await up.UntilAsync("exited");
            Assert.Equal((victim.Id, victim.Pid, 137), (Text(exited, "node"), Number(exited, "pid"), Number(exited, "exitCode")));
            var restarted = await up.UntilAsync("restarted");
            Assert.Equal(victim.Id, Text(restarted, "node"));
            Assert.NotEqual(victim.Pid, Number(restarted, "pid"));
            Assert.Equal("v", (await client.GetAsync("a", cancellation: Cancellation)).Row!.Text);

            up.Terminate();
            _ = await up.UntilAsync("stopped");
            Assert.Equal(ExitCodes.Ok, await up.ExitAsync());
            await up.NodesGoneAsync();
        }

        await using (var again = UpRun.Start("--data", _folder, "--no-restart"))
        {
            var ready = await again.ReadyAsync();
            Assert.Equal(ports, new Uri(ready.Nodes[0].Http).Port);
            using var client = ClientOf(ready);
            Assert.Equal("v", (await client.GetAsync("a", cancellation: Cancellation)).Row!.Text);

            Process.GetProcessById(ready.Nodes[2].Pid).Kill();
            Assert.Equal("n3", Text(await again.UntilAsync("given-up"), "node"));

            // Nobody is left to stop the nodes: they notice.
            again.KillAtOnce();
            await again.NodesGoneAsync();
        }
    }

    [Fact]
    public async Task A_taken_port_is_told_in_one_line_and_leaves_nothing_behind()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using var up = UpRun.Start("--data", _folder, "--nodes", "1", "--http-port", $"{port}", "--peer-port", $"{UpRun.FreePorts(1)}");

        var said = await up.ErrorAsync();
        Assert.Equal(ExitCodes.Local, await up.ExitAsync());
        Assert.Contains($"port {port}, which n1 needs", Assert.Single(said.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "raftctl.json")));
    }

    [Fact]
    public async Task A_node_that_refuses_its_folder_is_told_in_its_own_words_and_no_other_node_is_left_running()
    {
        var ports = UpRun.FreePorts(6);
        RaftCluster.Cli.Up.ClusterLayout.Open(new(_folder, 3, ports, ports + 3)).Save();
        _ = Directory.CreateDirectory(Path.Combine(_folder, "n2"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "n2", "identity.json"), "{", Cancellation);
        await using var up = UpRun.Start("--data", _folder);

        var said = await up.ErrorAsync();
        Assert.Equal(ExitCodes.Local, await up.ExitAsync());
        Assert.Contains("n2 did not start, exit code 3", said, StringComparison.Ordinal);
        Assert.Contains("identity.json", said, StringComparison.Ordinal);
        for (var port = ports; port < ports + 6; port++)
        {
            using var free = new TcpListener(IPAddress.Loopback, port);
            free.Start();
        }
    }

    private static RaftClusterClient ClientOf(UpRun.Ready ready) => new(new RaftClusterOptions
    {
        Endpoints = [.. ready.Nodes.Select(node => new Uri(node.Http))],
        Patience = TimeSpan.FromMinutes(1),
    });

    private static string Text(System.Text.Json.JsonElement line, string name) => line.GetProperty(name).GetString()!;

    private static int Number(System.Text.Json.JsonElement line, string name) => line.GetProperty(name).GetInt32();
}
