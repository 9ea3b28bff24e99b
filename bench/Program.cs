using System.CommandLine;
using RaftCluster.Bench;

// Time enough to end the servers too when this process is asked to stop.
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) };
return await BenchCommand.Create().Parse(args).InvokeAsync(configuration);
