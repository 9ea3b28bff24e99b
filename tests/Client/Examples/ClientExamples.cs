using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using RaftCluster.Client;

namespace RaftCluster.Tests.Client.Examples;

/// <summary>Every example of the client's documentation, compiled: a region each, which <see cref="ExampleTests"/> compares.</summary>
internal static class ClientExamples
{
    internal static async Task BeginAsync()
    {
        #region begin
        using var client = new RaftClusterClient(new Uri("http://127.0.0.1:8001"), new Uri("http://127.0.0.1:8002"));
        await client.PutAsync("config/web", """{"port":80}"""u8.ToArray(), new() { When = Precondition.Absent });
        var users = client.Table("users", ExampleJson.Default.User);
        var made = await users.InsertAsync(new User("Ada", Logins: 0));
        await client.Transaction().If(users.Rows[made.Key].Exists()).Then(RowAddress.Kv("users/count").Add(1)).CommitAsync();
        #endregion
    }

    internal static async Task DefineAsync(RaftClusterClient client)
    {
        #region define
        await client.Tables.DefineAsync("users", new TableDefinition
        {
            Columns =
            [
                new Column("name", ColumnType.Text),
                new Column("email", ColumnType.Text).OrNull(),
                new Column("logins", ColumnType.Number).WithDefault("0"),
                new Column("since", ColumnType.Text).WithDefault("\"now\""),
            ],
        });
        #endregion
    }

    internal static async Task RowsAsync(RaftClusterClient client)
    {
        #region rows
        var users = client.Table("users", ExampleJson.Default.User);
        var made = await users.InsertAsync(new User("Ada", Logins: 0));
        await foreach (var row in users.ListAsync(new RangeQuery { Where = [Filter.Number("logins", Comparison.Less, 10)] }))
        {
            Console.WriteLine($"{row.Key}: {row.Value.Name}");
        }
        #endregion
        Assert.NotNull(made);
    }

    internal static async Task FollowAsync(
        RaftClusterClient client, long cursor, Func<ChangeEvent, long?, Task> ApplyAsync, CancellationToken stopping)
    {
        #region follow
        var feed = client.Follow(new FeedQuery { From = cursor, Prefix = "config/" });
        await foreach (var change in feed.WithCancellation(stopping))
        {
            await ApplyAsync(change, feed.Next);
        }
        #endregion
    }

    internal static async Task TransferAsync(RaftClusterClient client)
    {
        #region transfer
        var from = RowAddress.In("accounts", "ada");
        var to = RowAddress.In("accounts", "ben");
        var taken = from.Add(-5, "balance");
        var result = await client.Transaction()
            .If(from.Column("balance", Comparison.GreaterOrEqual, 5))
            .Then(taken, to.Add(5, "balance"))
            .CommitAsync();
        Console.WriteLine(result.Succeeded ? $"Ada has {result.Of(taken).Value} left." : "Ada has less than 5.");
        #endregion
    }

    internal static async Task LeaseAsync(RaftClusterClient client)
    {
        #region lease
        await using var lease = await client.Leases.HoldAsync(TimeSpan.FromSeconds(10));
        await client.PutAsync("services/web/1", "10.0.0.7:80"u8.ToArray(), new() { Lease = lease.Id });
        await ServeAsync(lease.Lost);
        #endregion
    }

    internal static async Task LockAsync(RaftClusterClient client)
    {
        #region lock
        await using var held = await client.Locks.AcquireAsync("jobs/nightly");
        // Only who holds the lock gets through with its fence, even if this process is paused for longer than the lock lives.
        await client.PutAsync("jobs/nightly/state", "running"u8.ToArray(), new() { Fences = [held.Fence] }, held.Lost);
        #endregion
    }

    internal static async Task GatherAsync(Uri node, IEnumerable<Reading> readings)
    {
        #region gather
        using var client = new RaftClusterClient(new RaftClusterOptions { Endpoints = [node], GatherWrites = true });
        await Task.WhenAll(readings.Select(reading => client.PutAsync($"readings/{reading.Sensor}", reading.Value)));
        #endregion
    }

    internal static async Task ElectionAsync(RaftClusterClient client, CancellationToken stopping)
    {
        #region election
        while (!stopping.IsCancellationRequested)
        {
            await using var lead = await client.Elections.CampaignAsync("scheduler", "10.0.0.7:80", cancellation: stopping);
            await ScheduleAsync(lead.Fence, lead.Lost);
        }
        #endregion
    }

    internal static void Services(IServiceCollection services)
    {
        #region services
        services.AddRaftCluster(settings => settings.Endpoints.Add("http://10.0.0.1:8001"));
        services.AddRaftCluster("billing", settings => settings.Endpoints.Add("http://10.1.0.1:8001"));
        services.AddHealthChecks().AddRaftCluster().AddRaftCluster(client: "billing");
        #endregion
    }

    private static Task ServeAsync(CancellationToken lost) => Task.Delay(Timeout.InfiniteTimeSpan, lost);

    private static Task ScheduleAsync(Fence fence, CancellationToken lost) =>
        fence.Number > 0 ? Task.Delay(Timeout.InfiniteTimeSpan, lost) : Task.CompletedTask;
}

internal sealed record Reading(string Sensor, byte[] Value);

internal sealed record User(string Name, int Logins);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(User))]
internal sealed partial class ExampleJson : JsonSerializerContext;
