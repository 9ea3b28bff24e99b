using RaftCluster.Node.Tables;

namespace RaftCluster.Node.Http.Transactions;

/// <summary>Turns what a caller wrote into what is proposed, once its table is known.</summary>
/// <param name="table">The table, as it stands.</param>
/// <param name="moment">What defaults are settled to.</param>
/// <param name="bound">What is proposed.</param>
/// <returns>What is wrong with it in this table; null when nothing is.</returns>
internal delegate Fault? Binding<T>(Table table, Moment moment, out T bound);

/// <summary>Bindings that need no table.</summary>
internal static class Binding
{
    /// <summary>Always the same.</summary>
    public static Binding<T> Always<T>(T value) => (Table _, Moment _, out T bound) =>
    {
        bound = value;
        return null;
    };
}
