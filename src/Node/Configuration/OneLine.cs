namespace RaftCluster.Node.Configuration;

/// <summary>Says in one line what an exception says in several.</summary>
internal static class OneLine
{
    public static string Of(Exception exception) => Of(exception.Message);

    public static string Of(string text) =>
        text.AsSpan().ContainsAny('\r', '\n')
            ? string.Join(" | ", text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            : text;
}
