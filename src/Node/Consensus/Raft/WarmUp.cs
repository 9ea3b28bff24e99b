using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Runtime.CompilerServices;

namespace RaftCluster.Node.Consensus.Raft;

/// <summary>
/// Has the runtime compile the code of an election before there is one: compiled on its way, at a moment when every
/// millisecond is a write that waits, it takes longer than the election itself.
/// </summary>
internal static class WarmUp
{
    private const BindingFlags All =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static int _begun;

    /// <summary>Begins, once in a process, on a thread of its own that gives way to all others.</summary>
    public static void Begin()
    {
        if (Interlocked.Exchange(ref _begun, 1) == 0)
        {
            new Thread(Compile) { IsBackground = true, Name = "warm-up", Priority = ThreadPriority.BelowNormal }.Start();
        }
    }

    /// <summary>Compiles what an election runs through, as far as it can be told beforehand.</summary>
    /// <returns>How many methods.</returns>
    public static int Run()
    {
        var compiled = 0;
        foreach (var type in Types())
        {
            var arguments = Array.ConvertAll(type.GenericTypeArguments, argument => argument.TypeHandle);
            foreach (var method in type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All)))
            {
                if (method is { IsAbstract: false, ContainsGenericParameters: false } && Prepare(method, arguments))
                {
                    compiled++;
                }
            }
        }

        return compiled;
    }

    private static void Compile() => Run();

    private static IEnumerable<Type> Types()
    {
        var ours = Ours().Where(type => !type.IsGenericTypeDefinition);
        var member = typeof(DotNext.Net.Cluster.Consensus.Raft.RaftCluster<>);
        var theirs = member.Assembly.GetTypes()
            .Where(type => type.Namespace?.StartsWith("DotNext.Net.Cluster.Consensus.Raft", StringComparison.Ordinal) == true)
            .Select(Closed)
            .OfType<Type>();
        return ours.Concat(theirs).Where(type => !type.IsInterface);
    }

    /// <summary>The types of agreement. The others are not even looked at: with some of them come libraries that this node may never need.</summary>
    private static unsafe List<Type> Ours()
    {
        var assembly = typeof(WarmUp).Assembly;
        var types = new List<Type>();
        if (!assembly.TryGetRawMetadata(out var blob, out var length))
        {
            return types;
        }

        var metadata = new MetadataReader(blob, length);
        foreach (var handle in metadata.TypeDefinitions)
        {
            var outermost = metadata.GetTypeDefinition(handle);
            while (outermost.GetDeclaringType() is { IsNil: false } outer)
            {
                outermost = metadata.GetTypeDefinition(outer);
            }

            if (metadata.GetString(outermost.Namespace).StartsWith("RaftCluster.Node.Consensus", StringComparison.Ordinal))
            {
                types.Add(assembly.ManifestModule.ResolveType(MetadataTokens.GetToken(handle)));
            }
        }

        return types;
    }

    /// <summary>A type of the library for our members; null for what has other parameters.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "A type that can't be closed so is one that no election uses.")]
    private static Type? Closed(Type type)
    {
        if (!type.IsGenericTypeDefinition)
        {
            return type.Namespace!.Contains("Transport", StringComparison.Ordinal) ? null : type;
        }

        try
        {
            return type.GetGenericArguments() is [{ Name: "TMember" }] ? type.MakeGenericType(typeof(PeerMember)) : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "What can't be compiled now is compiled when it is called, as ever.")]
    private static bool Prepare(MethodBase method, RuntimeTypeHandle[] arguments)
    {
        try
        {
            RuntimeHelpers.PrepareMethod(method.MethodHandle, arguments);
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }
}
