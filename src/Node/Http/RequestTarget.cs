namespace RaftCluster.Node.Http;

/// <summary>
/// The request's target as it came, cut into path and query. Kestrel's own path is of no use for keys: it has
/// resolved dot segments and decoded some escapes by then, so that two keys could become one.
/// </summary>
/// <param name="Path">The path, still percent-encoded.</param>
/// <param name="Query">What stands behind the question mark, still percent-encoded.</param>
internal readonly record struct RequestTarget(string Path, string Query)
{
    /// <summary>Reads the origin form and the absolute form.</summary>
    public static RequestTarget Of(string raw)
    {
        if (raw.Length > 0 && raw[0] != '/' && raw.IndexOf("://", StringComparison.Ordinal) is > 0 and var scheme)
        {
            var root = raw.IndexOfAny(['/', '?'], scheme + 3);
            raw = root < 0 ? "/" : raw[root] == '?' ? "/" + raw[root..] : raw[root..];
        }

        // A fragment never belongs into a request; whoever sends one does not mean a part of the key.
        var end = raw.IndexOf('#', StringComparison.Ordinal);
        raw = end < 0 ? raw : raw[..end];
        var query = raw.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? new RequestTarget(raw, "") : new RequestTarget(raw[..query], raw[(query + 1)..]);
    }
}
