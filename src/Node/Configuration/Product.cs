using System.Reflection;

namespace RaftCluster.Node.Configuration;

/// <summary>What this program is.</summary>
internal static class Product
{
    /// <summary>Its version, without the commit it was built from.</summary>
    public static string Version { get; } =
        typeof(Product).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];
}
