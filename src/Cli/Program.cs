using RaftCluster.Cli;

using var signals = new Signals();
try
{
    return await Raftctl.RunAsync(args, Terminal.OfProcess(signals), signals.Stop);
}
catch (Exception fault)
{
    await Console.Error.WriteLineAsync($"raftctl: a fault in raftctl itself, please report it: {fault}");
    return ExitCodes.Internal;
}
