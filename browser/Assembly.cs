// Each test has a cluster and a browser of its own: one at a time is enough for a machine.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
