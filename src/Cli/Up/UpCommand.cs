using System.CommandLine;
using System.Threading.Channels;
using RaftCluster.Cli.Up;

namespace RaftCluster.Cli;

/// <summary><c>raftctl up</c>: a cluster on this machine, kept running until Ctrl-C.</summary>
internal static class UpCommand
{
    private const int MostNodes = 9;

    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var nodes = new Option<int?>("--nodes", "-n") { Description = "How many nodes. Default: 3, or what the folder holds.", HelpName = "count" };
        var data = new Option<string>("--data")
        {
            Description = "Where the nodes keep their data and logs; the same folder continues the same cluster.",
            HelpName = "folder",
            DefaultValueFactory = _ => "./data",
        };
        var http = new Option<int?>("--http-port") { Description = "The first node's HTTP port; the others follow. Default: 8001.", HelpName = "port" };
        var peer = new Option<int?>("--peer-port") { Description = "The first node's peer port; the others follow. Default: 7001.", HelpName = "port" };
        var noRestart = new Option<bool>("--no-restart") { Description = "Leaves a node down that dies." };
        var logLevel = new Option<string>("--log-level")
        {
            Description = "How much the nodes write into <data>/<node>/node.log.",
            HelpName = "level",
            DefaultValueFactory = _ => "info",
        };
        var command = new Command("up", "Starts a cluster on this machine and keeps it running until Ctrl-C.")
        {
            nodes, data, http, peer, noRestart, logLevel,
        };
        command.Validators.Add(result =>
        {
            if (result.Given(nodes) is < 1 or > MostNodes)
            {
                result.AddError($"--nodes is 1 to {MostNodes}.");
            }

            foreach (var port in (Option<int?>[])[http, peer])
            {
                if (result.Given(port) is < 1 or > ushort.MaxValue - MostNodes)
                {
                    result.AddError($"{port.Name} is 1 to {ushort.MaxValue - MostNodes}.");
                }
            }
        });
        command.SetAction(CommandContext.Action(terminal, globals, context =>
        {
            var parsed = context.Parsed;
            var wish = new LayoutWish(
                parsed.GetRequiredValue(data), parsed.GetValue(nodes), parsed.GetValue(http), parsed.GetValue(peer));
            return RunAsync(context, wish, parsed.GetRequiredValue(logLevel), !parsed.GetValue(noRestart));
        }));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, LayoutWish wish, string logLevel, bool restarts)
    {
        try
        {
            using var held = FolderLock.Take(Path.GetFullPath(wish.Folder));
            var layout = ClusterLayout.Open(wish);
            Ports.MustBeFree(layout);
            var program = NodeProgram.Find();
            // Only now: a start that is refused leaves no layout behind that would bind the next one.
            layout.Save();
            var events = Channel.CreateUnbounded<UpEvent>(new UnboundedChannelOptions { SingleReader = true });
            var telling = Reporter(context, layout).TellAsync(events.Reader);
            try
            {
                await KeepUpAsync(context, layout, program, logLevel, restarts, events.Writer);
            }
            finally
            {
                events.Writer.Complete();
                await telling;
            }

            return ExitCodes.Ok;
        }
        catch (UpRefusedException refused)
        {
            return context.Fail(ExitCodes.Local, "up-failed", refused.Message);
        }
    }

    private static async Task KeepUpAsync(
        CommandContext context, ClusterLayout layout, NodeProgram program, string logLevel, bool restarts, ChannelWriter<UpEvent> events)
    {
        var stop = context.Cancellation;
        var cluster = new Cluster(layout, events, context.Terminal.Time, context.Terminal.Hurry);
        try
        {
            cluster.Start(program, logLevel, restarts);
            var leader = await cluster.BecomeReadyAsync(ReadyWithin(context), stop);
            await cluster.KeepAsync(leader, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Ctrl-C is how this command ends.
        }
        finally
        {
            await events.WriteAsync(new UpEvent.Stopping(), CancellationToken.None);
            await cluster.DisposeAsync();
            await events.WriteAsync(new UpEvent.Stopped(), CancellationToken.None);
        }
    }

    /// <summary>A node that recovers a large log takes its time; --timeout may ask for more than the minute.</summary>
    private static TimeSpan ReadyWithin(CommandContext context) =>
        context.Timeout > TimeSpan.FromMinutes(1) ? context.Timeout : TimeSpan.FromMinutes(1);

    private static UpReporter Reporter(CommandContext context, ClusterLayout layout) =>
        context.Json ? new JsonReporter(context.Terminal)
        : context.Terminal.IsInteractive ? new LiveReporter(context.Terminal, layout)
        : new PlainReporter(context.Terminal, layout);
}
