using RaftCluster.Chaos.Workloads;

namespace RaftCluster.Chaos.Runs;

/// <summary>All clients of a run.</summary>
internal sealed class Load : IDisposable
{
    private const int RegisterOperations = 400;
    private const int SessionOperations = 600;
    private const int Appends = 60;
    private const int TableOperations = 500;

    private readonly List<Client> _clients = [];
    private readonly CancellationTokenSource _end = new();
    private readonly CancellationTokenSource _feedEnd = new();
    private readonly BankClient _teller;
    private readonly ClientWorld _world;
    private Task _clientsAtWork = Task.CompletedTask;
    private Task _feedsAtWork = Task.CompletedTask;

    /// <param name="world">What they share.</param>
    /// <param name="times">How many times as many as usual.</param>
    /// <param name="chance">Decides what they do.</param>
    public Load(ClientWorld world, int times, Random chance)
    {
        Random Next() => new(chance.Next());
        for (var group = 0; group < times; group++)
        {
            Generation[] registers = [new($"register/{group}a", RegisterOperations), new($"register/{group}b", RegisterOperations)];
            var (sessions, list) = (new Generation($"session/{group}", SessionOperations), new Generation($"list/{group}", Appends));
            _clients.AddRange(Enumerable.Range(0, 6).Select(_ => new RegisterClient(world, Next(), registers)));
            _clients.AddRange(Enumerable.Range(0, 4).Select(at => new SessionClient(world, Next(), sessions, (4 * group) + at + 1)));
            _clients.AddRange(Enumerable.Range(0, 3).Select(_ => new AppendClient(world, Next(), list)));
            _clients.AddRange(Enumerable.Range(0, 2).Select(_ => new CounterClient(world, Next(), $"counter/{group}")));
            _clients.AddRange(Enumerable.Range(0, 2).Select(_ => new BankClient(world, Next())));
            _clients.AddRange(Enumerable.Range(0, 2).Select(at => new LedgerClient(world, Next(), (2 * group) + at + 1)));
            var table = new Generation($"table.{group}", TableOperations);
            _clients.AddRange(TableClient.Columns.Select(column => new TableClient(world, Next(), table, column)));
            _clients.Add(new LeaseClient(world, Next(), group + 1));
        }

        _clients.AddRange(Enumerable.Range(1, 3).Select(number => new LockClient(world, Next(), number)));
        _world = world;
        Feeds = [new FeedConsumer(world, Next()), new FeedConsumer(world, Next())];
        Counters = times;
        _teller = _clients.OfType<BankClient>().First();
    }

    /// <summary>Those who follow the feed.</summary>
    public IReadOnlyList<FeedConsumer> Feeds { get; }

    /// <summary>How many counters there are.</summary>
    public int Counters { get; }

    /// <summary>Defines the table, opens the accounts, and lets everybody begin.</summary>
    public async Task BeginAsync()
    {
        await TableClient.DefineAsync(_world);
        await _teller.OpenAsync();
        _clientsAtWork = Task.WhenAll(_clients.Select(client => Task.Run(() => client.RunAsync(_end.Token))));
        _feedsAtWork = Task.WhenAll(Feeds.Select(feed => Task.Run(() => feed.RunAsync(_feedEnd.Token))));
    }

    /// <summary>Lets all but the followers of the feed finish what they are at.</summary>
    public async Task EndAsync()
    {
        await _end.CancelAsync();
        await _clientsAtWork;
    }

    /// <summary>Lets the followers finish, too.</summary>
    public async Task EndFeedsAsync()
    {
        await _feedEnd.CancelAsync();
        await _feedsAtWork;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        foreach (var feed in Feeds)
        {
            feed.Dispose();
        }

        _end.Dispose();
        _feedEnd.Dispose();
    }
}
