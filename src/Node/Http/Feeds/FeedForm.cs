namespace RaftCluster.Node.Http.Feeds;

/// <summary>How a feed is written.</summary>
internal enum FeedForm
{
    /// <summary>Server-Sent Events, until somebody ends it.</summary>
    Events,

    /// <summary>One event's data a line (NDJSON), until somebody ends it.</summary>
    Lines,

    /// <summary>One JSON object with the events that there are, or that come within the wait.</summary>
    Batch,
}

/// <summary>The media types of the forms.</summary>
internal static class FeedForms
{
    private static readonly (string Type, FeedForm Form)[] _types =
    [
        ("text/event-stream", FeedForm.Events),
        ("application/x-ndjson", FeedForm.Lines),
        ("application/json", FeedForm.Batch),
    ];

    /// <summary>The form that a request asks for: the one it names first, and Server-Sent Events when it names none.</summary>
    public static FeedForm Of(string accept) => _types
        .Select(known => (At: accept.IndexOf(known.Type, StringComparison.OrdinalIgnoreCase), known.Form))
        .Where(named => named.At >= 0)
        .OrderBy(named => named.At)
        .Select(named => named.Form)
        .FirstOrDefault(FeedForm.Events);

    /// <summary>The media type of a form.</summary>
    public static string TypeOf(FeedForm form) => Array.Find(_types, known => known.Form == form).Type;
}
