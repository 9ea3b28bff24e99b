using System.Net;
using RaftCluster.Node.Supervision;

namespace RaftCluster.Tests.Node.Supervision;

public sealed class SupervisorTests
{
    [Theory]
    [InlineData("30000000", null, 30.0)]
    [InlineData("30000000", "7", 30.0)]
    [InlineData("30000000", "8", null)]
    [InlineData("0", null, null)]
    [InlineData("-1", null, null)]
    [InlineData("soon", null, null)]
    [InlineData("99999999999999999", null, null)]
    [InlineData(null, null, null)]
    public void The_watchdogs_patience_is_read_where_it_is_meant_for_this_process(string? microseconds, string? process, double? seconds) =>
        Assert.Equal(seconds, Supervisor.PatienceOf(microseconds, process, self: 7)?.TotalSeconds);

    [Theory]
    [InlineData("0.0.0.0", "http://127.0.0.1:8001/")]
    [InlineData("::", "http://[::1]:8001/")]
    [InlineData("10.0.0.7", "http://10.0.0.7:8001/")]
    [InlineData("fd00::7", "http://[fd00::7]:8001/")]
    public void A_node_on_all_addresses_is_asked_over_loopback(string listens, string asked) =>
        Assert.Equal(asked, HealthProbe.UrlOf(new IPEndPoint(IPAddress.Parse(listens), 8001)).AbsoluteUri);
}
