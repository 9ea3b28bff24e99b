using System.Globalization;
using System.Net.NetworkInformation;
using System.Text.RegularExpressions;
using RaftCluster.Chaos.Faults;

namespace RaftCluster.Chaos.Network;

/// <summary>
/// A bridge, and network namespaces that are joined to it by a pair of virtual links each. All have the run's process in their
/// names: so runs don't meet, and what one that was killed has left is known as such.
/// </summary>
internal sealed partial class Links : IAsyncDisposable
{
    private const string Namespaces = "/run/netns";
    private const string Interfaces = "/sys/class/net";
    private const int MostTries = 100;

    private readonly string _name;
    private readonly string _subnet;
    private readonly List<string> _ids = [];

    private Links(string name, string subnet) => (_name, _subnet) = (name, subnet);

    /// <summary>Makes the bridge, on a subnet that this machine has no address in.</summary>
    /// <param name="number">What tells it from others of this process.</param>
    /// <exception cref="HarnessException">This machine can't.</exception>
    public static async Task<Links> CreateAsync(int number)
    {
        var links = new Links(string.Create(CultureInfo.InvariantCulture, $"rcc{Environment.ProcessId}x{number}"), FreeSubnet());
        try
        {
            await Tool.RunAsync("ip", "link", "add", links._name, "type", "bridge");
            await Tool.RunAsync("ip", "addr", "add", $"{links.Address(1)}/24", "dev", links._name);
            await Tool.RunAsync("ip", "link", "set", links._name, "up");
            return links;
        }
        catch
        {
            await links.DisposeAsync();
            throw;
        }
    }

    /// <summary>Removes what processes have left that are no more.</summary>
    public static async Task RemoveLeftAsync()
    {
        // Another process may do the same; and with the namespaces their links go, a little later.
        await RemoveLeftAsync(Namespaces, "netns");
        await RemoveLeftAsync(Interfaces, "link");
    }

    /// <summary>The address of one of the subnet's hosts; the bridge is 1.</summary>
    public string Address(int host) => string.Create(CultureInfo.InvariantCulture, $"{_subnet}{host}");

    /// <summary>Adds a node's namespace.</summary>
    public async Task AddAsync(string id, string address)
    {
        var own = NameOf(id);
        _ids.Add(id);
        await Tool.RunAsync("ip", "netns", "add", own);
        await Tool.RunAsync("ip", "link", "add", own, "type", "veth", "peer", "name", "eth0", "netns", own);
        await Tool.RunAsync("ip", "link", "set", own, "master", _name, "up");
        await Tool.RunAsync("ip", "-n", own, "addr", "add", $"{address}/24", "dev", "eth0");
        await Tool.RunAsync("ip", "-n", own, "link", "set", "eth0", "up");
        await Tool.RunAsync("ip", "-n", own, "link", "set", "lo", "up");
    }

    /// <summary>The command by which a program is started in a node's namespace: it becomes that program.</summary>
    public IReadOnlyList<string> LauncherOf(string id) => ["nsenter", $"--net={Path.Combine(Namespaces, NameOf(id))}"];

    /// <summary>Runs a program in a node's namespace.</summary>
    /// <returns>What it said.</returns>
    /// <exception cref="HarnessException">It failed.</exception>
    public Task<string> RunAsync(string id, string program, params string[] arguments) =>
        Tool.ReadAsync("nsenter", [.. LauncherOf(id).Skip(1), program, .. arguments]);

    /// <summary>Takes a node's link up or down.</summary>
    public Task PlugAsync(string id, bool isUp) => Tool.RunAsync("ip", "link", "set", NameOf(id), isUp ? "up" : "down");

    /// <summary>Whether it is down.</summary>
    public bool IsDown(string id) => File.ReadAllText(Path.Combine(Interfaces, NameOf(id), "operstate")).Trim() == "down";

    /// <summary>Removes everything. Each is tried, whatever becomes of the others.</summary>
    /// <exception cref="HarnessException">Something is there still.</exception>
    public async ValueTask DisposeAsync()
    {
        var failures = new List<string?>();
        foreach (var own in _ids.Select(NameOf))
        {
            failures.Add(await RemoveAsync(Interfaces, own, "link", "del", own));
            failures.Add(await RemoveAsync(Namespaces, own, "netns", "del", own));
        }

        failures.Add(await RemoveAsync(Interfaces, _name, "link", "del", _name));
        if (failures.OfType<string>().ToList() is { Count: > 0 } left)
        {
            throw new HarnessException($"not everything could be removed: {string.Join("; ", left)}");
        }
    }

    private static async Task RemoveLeftAsync(string folder, string kind)
    {
        foreach (var left in Names(folder).Where(IsLeft))
        {
            if (await RemoveAsync(folder, left, kind, "del", left) is { } failure && Path.Exists(Path.Combine(folder, left)))
            {
                throw new HarnessException(failure);
            }
        }
    }

    private static async Task<string?> RemoveAsync(string folder, string name, params string[] command) =>
        Path.Exists(Path.Combine(folder, name)) ? await Tool.TryAsync("ip", command) : null;

    private static string FreeSubnet()
    {
        var taken = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(each => each.GetIPProperties().UnicastAddresses).Select(each => each.Address.ToString()).ToList();
        for (var tries = 0; tries < MostTries; tries++)
        {
            var subnet = string.Create(CultureInfo.InvariantCulture, $"10.{Random.Shared.Next(128, 255)}.{Random.Shared.Next(256)}.");
            if (!taken.Exists(address => address.StartsWith(subnet, StringComparison.Ordinal)))
            {
                return subnet;
            }
        }

        throw new HarnessException("no subnet 10.x.y.0/24 is free");
    }

    private static IEnumerable<string> Names(string folder) =>
        Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder).Select(path => Path.GetFileName(path)) : [];

    private static bool IsLeft(string name) => NameForm().Match(name) is { Success: true } match && ProcessState.IsGone(match.Groups[1].Value);

    private string NameOf(string id) => _name + id;

    [GeneratedRegex(@"^rcc(\d+)x\d+(n\d+)?$")]
    private static partial Regex NameForm();
}
