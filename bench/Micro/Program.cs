using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

// In this process: no project has to be made and built on the way, which the rules of this repository's own would meet.
var job = (args.Contains("--quick") ? Job.ShortRun : Job.Default).WithToolchain(InProcessEmitToolchain.Instance);
var summaries = BenchmarkSwitcher.FromAssembly(typeof(RaftCluster.Micro.CodecBenchmarks).Assembly)
    .Run([.. args.Where(argument => argument != "--quick")], DefaultConfig.Instance.AddJob(job));
return summaries.Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)) ? 1 : 0;
