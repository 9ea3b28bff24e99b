using System.Diagnostics;
using System.Reflection;

namespace RaftCluster.Node.Configuration;

/// <summary>What this program is.</summary>
internal static class Product
{
    /// <summary>Its version, without the commit it was built from.</summary>
    public static string Version { get; } =
        typeof(Product).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];

    /// <summary>When this process started.</summary>
    public static DateTimeOffset Started { get; } = ReadStart();

    private static DateTimeOffset ReadStart()
    {
        using var self = Process.GetCurrentProcess();
        return self.StartTime.ToUniversalTime();
    }
}
