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
internal static partial class WarmUp
{
    /// <summary>What <c>setpriority</c> calls a process; of Linux, a thread.</summary>
    private const int OfThread = 0;
    private const int GivesWay = 10;

    private const BindingFlags All =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static int _begun;

    /// <summary>Begins, once in a process, on a thread of its own that gives way to all others.</summary>
    public static void Begin()
    {
        if (Interlocked.Exchange(ref _begun, 1) == 0)
        {
            new Thread(Compile) { IsBackground = true, Name = "warm-up" }.Start();
        }
    }

    /// <summary>Compiles what an election runs through, as far as it can be told beforehand.</summary>
    /// <returns>How many methods.</returns>
    public static int Run()
    {
        var compiled = 0;
        foreach (var type in Types())
        {
            compiled += OfAsyncMethod(type).Concat(Own(type)).Count(each => Prepare(each.Method, each.Arguments));
        }

        return compiled;
    }

    /// <summary>A type's own methods and constructors, as far as they can be compiled by themselves, and what its parameters are.</summary>
    private static IEnumerable<(MethodBase Method, RuntimeTypeHandle[] Arguments)> Own(Type type)
    {
        var arguments = Array.ConvertAll(type.GenericTypeArguments, argument => argument.TypeHandle);
        return type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All))
            .Where(method => method is { IsAbstract: false, ContainsGenericParameters: false })
            .Select(method => (method, arguments));
    }

    private static void Compile()
    {
        // .NET's own priorities change nothing on Linux. What has just started has better things to do, and so have others.
        if (OperatingSystem.IsLinux())
        {
            _ = SetPriority(OfThread, 0, GivesWay);
        }

        Run();
    }

    /// <summary>
    /// What an async method needs of the framework to begin, to wait and to go on: made for its state machine, so nothing of it is
    /// compiled before the method first runs, or first waits.
    /// </summary>
    private static IEnumerable<(MethodBase Method, RuntimeTypeHandle[] Arguments)> OfAsyncMethod(Type machine)
    {
        var fields = machine.GetFields(All);
        if (!typeof(IAsyncStateMachine).IsAssignableFrom(machine) || machine.ContainsGenericParameters
            || Array.Find(fields, field => field.Name.EndsWith("t__builder", StringComparison.Ordinal)) is not { FieldType: var builder })
        {
            yield break;
        }

        foreach (var method in builder.GetMethods(BindingFlags.Instance | BindingFlags.Public))
        {
            switch (method.Name)
            {
                case "Start":
                    yield return Made(method, machine);
                    break;
                case "AwaitUnsafeOnCompleted":
                    foreach (var awaiter in fields.Select(field => field.FieldType).Where(IsAwaiter).Distinct())
                    {
                        yield return Made(method, awaiter, machine);
                    }

                    break;
            }
        }

        foreach (var own in Box(builder, machine) is { } box ? Own(box) : [])
        {
            yield return own;
        }

        static bool IsAwaiter(Type type) => type.IsValueType && typeof(ICriticalNotifyCompletion).IsAssignableFrom(type);

        (MethodBase, RuntimeTypeHandle[]) Made(MethodInfo method, params Type[] of) => (
            method.MakeGenericMethod(of),
            [.. builder.GenericTypeArguments.Concat(of).Select(argument => argument.TypeHandle)]);
    }

    /// <summary>What the framework keeps a state machine in while it waits; null where that has another name than now, or another builder.</summary>
    private static Type? Box(Type builder, Type machine)
    {
        if (builder.Namespace != typeof(AsyncTaskMethodBuilder).Namespace || builder.Name.StartsWith("Pooling", StringComparison.Ordinal))
        {
            return null;
        }

        var result = builder.IsGenericType ? builder.GenericTypeArguments[0] : Type.GetType("System.Threading.Tasks.VoidTaskResult");
        return result is null
            ? null
            : typeof(AsyncTaskMethodBuilder<>).GetNestedType("AsyncStateMachineBox`1", BindingFlags.NonPublic)?.MakeGenericType(result, machine);
    }

    [System.Runtime.InteropServices.LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int value);

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

    /// <summary>The types of agreement, and those by which a leader answers. The others are not even looked at: with some of them come libraries that this node may never need.</summary>
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

            var name = metadata.GetString(outermost.Namespace);
            if (name.StartsWith("RaftCluster.Node.Consensus", StringComparison.Ordinal) || name == "RaftCluster.Node.Http")
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
