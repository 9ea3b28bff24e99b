namespace RaftCluster.Chaos.Network;

/// <summary>Finds out whether nodes can have network namespaces here.</summary>
internal static class NetworkProbe
{
    /// <summary>Lays a network of two, with all the rules that faults need, and removes it.</summary>
    /// <returns>Why it can't be; null when it can.</returns>
    public static async Task<string?> WhyNotAsync()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return OperatingSystem.IsLinux() ? "network namespaces take root" : "network namespaces take Linux";
        }

        try
        {
            await using var network = await NamespaceNetwork.CreateAsync(2);
            await network.AddAsync(network.Ways((_, _) => true), new Weather(Cut: true, Loss: 1, Reset: true));
            await network.AffectedAsync(network.Ways((_, _) => true));
            return null;
        }
        catch (HarnessException unable)
        {
            return unable.Message;
        }
    }
}
