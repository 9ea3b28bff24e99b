using RaftCluster.Node;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.LogTool;
using RaftCluster.Node.Offline;
using RaftCluster.Node.Supervision;
using RaftCluster.StateMachine.Storage;

#if CHAOS
RaftCluster.StateMachine.Mutant.Begin(
    Environment.GetEnvironmentVariable("RAFTCLUSTER_MUTANT"),
    static () => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
#endif

if (args is ["log", ..])
{
    return LogCommand.Run(args.AsSpan(1), Console.OpenStandardOutput(), Console.Error, StandardOutput.IsClosed);
}

if (args is ["backup", ..])
{
    return await BackupCommand.RunAsync(args[1..], Console.Out, Console.Error);
}

if (args is ["recover", ..])
{
    return await RecoverCommand.RunAsync(args[1..], Console.Out, Console.Error);
}

if (args is ["health", ..])
{
    return await HealthCommand.RunAsync(args[1..], Environment.GetEnvironmentVariables(), Console.Out, Console.Error);
}

RowStore.Prepare();
AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
    FailStop.Now(ExitCode.Internal, OneLine.Of(unhandled.ExceptionObject.ToString() ?? "an exception nobody expected"));
FailStop.OnBrokenInvariants();

switch (OptionReader.Read(args, Environment.GetEnvironmentVariables()))
{
    case OptionsRead.Asked asked:
        Console.Out.WriteLine(asked.Text);
        return ExitCode.Ok;
    case OptionsRead.Sound sound:
        return await NodeProcess.RunAsync(sound.Options, TimeProvider.System);
    case OptionsRead.Faulty faulty:
        foreach (var fault in faulty.Faults)
        {
            Console.Error.WriteLine($"raftcluster-node: {fault}");
        }

        return ExitCode.Usage;
    default:
        throw new System.Diagnostics.UnreachableException();
}
