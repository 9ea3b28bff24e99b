using System.Globalization;
using System.Text;

namespace RaftCluster.Client;

/// <summary>Paths and queries of locks.</summary>
internal static class LockTarget
{
    internal static string Of(string name) => $"/v1/locks/{KeyPath.Encode(name)}";

    internal static string Acquire(string name, string owner, LockOptions options, TimeSpan wait)
    {
        var target = new StringBuilder(Of(name))
            .Append("?ttl=").Append(WireNames.Of(options.TimeToLive))
            .Append("&owner=").Append(Uri.EscapeDataString(owner));
        if (wait > TimeSpan.Zero)
        {
            _ = target.Append("&wait=").Append(WireNames.Of(wait));
        }

        if (options.Guard is { IsDefaultOrEmpty: false } guards)
        {
            foreach (var guard in guards)
            {
                _ = guard.Table == guards[0].Table
                    ? target.Append("&guard=").Append(Uri.EscapeDataString(guard.Prefix))
                    : throw new ArgumentException("A lock guards rows of one table.", nameof(options));
            }

            _ = target.Append("&guard-table=").Append(Uri.EscapeDataString(guards[0].Table));
        }

        return target.ToString();
    }

    internal static string Release(string name, LockRelease release)
    {
        var whose = release switch
        {
            { Owner: { } owner, Fence: null, Force: false } => $"owner={Uri.EscapeDataString(owner)}",
            { Owner: null, Fence: { } fence, Force: false } => string.Create(CultureInfo.InvariantCulture, $"fence={fence}"),
            { Owner: null, Fence: null, Force: true } => "force=true",
            _ => throw new ArgumentException("A release names an owner, or a fence, or is by force.", nameof(release)),
        };
        return $"{Of(name)}?{whose}" + (release.DropGuard ? "&guard=drop" : "");
    }
}

/// <summary>Names for holders of locks.</summary>
internal static class LockOwner
{
    /// <summary>One that nobody else has, and that tells where to look.</summary>
    internal static string New() => string.Create(
        CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.CreateVersion7():N}");
}
