using System.CommandLine;
using RaftCluster.Chaos;
using RaftCluster.Chaos.Runs;
using RaftCluster.Chaos.Scenarios;

// Time enough to end the nodes and to unmount their disks when this process is asked to stop.
var configuration = new InvocationConfiguration
{
    ProcessTerminationTimeout = TimeSpan.FromSeconds(60),
    EnableDefaultExceptionHandler = false,
};
var root = new RootCommand("Breaks clusters the way machines break, and proves from what clients saw that no promise was broken.")
{
    RunCommand.Create(),
    RunCommand.CreateCheck(),
    RunCommand.CreateList(),
    MutantSuite.Create(),
    PowerCommand.Create(),
};
var parsed = root.Parse(args);
var code = await parsed.InvokeAsync(configuration);
return parsed.Errors.Count > 0 ? Verdicts.Usage : code;
