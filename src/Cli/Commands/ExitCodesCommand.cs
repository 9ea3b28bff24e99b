using System.CommandLine;

namespace RaftCluster.Cli;

/// <summary><c>raftctl exit-codes</c>: what the exit codes mean.</summary>
internal static class ExitCodesCommand
{
    internal static Command Create(Terminal terminal)
    {
        var command = new Command("exit-codes", "Says what the exit codes mean.");
        command.SetAction(_ =>
        {
            foreach (var (code, meaning) in ExitCodes.All)
            {
                terminal.Out.WriteLine($"{code,3}  {meaning}");
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}
