using System.Text;

namespace RaftCluster.Node.Http.Locks;

/// <summary>What requests about locks have in common.</summary>
internal static class LockPath
{
    /// <summary>What their paths begin with.</summary>
    public const string Root = "/v1/locks/";

    /// <summary>Reads the lock's name: the percent-decoded tail of the path.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static Problem? Read(Call call, out string name)
    {
        var bytes = PercentEncoding.Decode(call.Target.Path.AsSpan(Root.Length));
        var problem = Keys.Check("name", bytes, mayBeEmpty: false);
        name = problem is null ? Encoding.UTF8.GetString(bytes!) : "";
        return problem;
    }

    /// <summary>Another holds it.</summary>
    public static Problem Held(string owner, long fence, long since, long revision, string detail) =>
        new(ProblemCode.Held, detail) { Holder = (owner, fence, since), Revision = revision };
}
