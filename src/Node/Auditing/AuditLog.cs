using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Tables;
using RaftCluster.Node.Tracing;

namespace RaftCluster.Node.Auditing;

/// <summary>
/// Who asked this node for what, and what came of it. An action is written before it is begun and again when it is over: one that
/// can't be written is not begun, and one that has no second line was cut off. docs/audit.md has the lines.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="size">At how many bytes it is full.</param>
/// <param name="node">The node.</param>
/// <param name="time">The clock.</param>
internal sealed class AuditLog(string path, long size, string node, TimeProvider time) : IDisposable
{
    /// <summary>What the file is called when nobody says otherwise; it is in the data folder then.</summary>
    public const string FileName = "audit.jsonl";

    /// <summary>How large the file may become when nobody says otherwise.</summary>
    public const long DefaultSize = 16 << 20;

    private readonly AuditFile _file = new(System.IO.Path.GetFullPath(path), size);
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>The file.</summary>
    public string Path => _file.Path;

    /// <summary>The log of a node that is told these options.</summary>
    public static AuditLog Of(NodeOptions options, string folder, TimeProvider time) =>
        new(options.AuditLog ?? System.IO.Path.Combine(folder, FileName), options.AuditSize, options.Node, time);

    /// <summary>The log of a data folder that no node uses.</summary>
    public static AuditLog Of(string folder, string node) =>
        new(System.IO.Path.Combine(folder, FileName), DefaultSize, node, TimeProvider.System);

    /// <summary>Writes that an action is asked for.</summary>
    /// <param name="action">The action.</param>
    /// <returns>What its end is written with.</returns>
    /// <exception cref="IOException">It can't be written: the action must not be begun.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public async ValueTask<AuditEntry> BeginAsync(AuditAction action)
    {
        var entry = NewEntry(action);
        await WriteAsync("requested", entry, json => WriteAction(json, action)).ConfigureAwait(false);
        return entry;
    }

    /// <summary>Writes what came of it.</summary>
    /// <param name="entry">What was begun.</param>
    /// <param name="outcome">What became of it: <c>applied</c>, <c>not-applied</c>, <c>accepted</c> or <c>unknown</c>.</param>
    /// <param name="more">Writes what else there is to say; null for nothing.</param>
    /// <exception cref="IOException">It can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public ValueTask EndAsync(AuditEntry entry, string outcome, Action<Utf8JsonWriter>? more = null) => WriteAsync("outcome", entry, json =>
    {
        json.WriteString("outcome", outcome);
        json.WriteNumber("tookMs", (long)time.GetElapsedTime(entry.BegunAt).TotalMilliseconds);
        more?.Invoke(json);
    });

    /// <summary>Writes, in one line, what has happened.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public ValueTask NoteAsync(AuditAction action) => WriteAsync("done", NewEntry(action), json => WriteAction(json, action));

    /// <summary>It was done.</summary>
    public const string Applied = "applied";

    /// <summary>Nothing was done.</summary>
    public const string NotApplied = "not-applied";

    /// <summary>Nobody can say.</summary>
    public const string Unknown = "unknown";

    /// <summary>Whether an exception says that a line can't be written.</summary>
    public static bool IsFailure(Exception failed) => failed is IOException or UnauthorizedAccessException;

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _turn.Dispose();
    }

    private AuditEntry NewEntry(AuditAction action) =>
        new(action, RandomNumberGenerator.GetHexString(16, lowercase: true), time.GetTimestamp());

    private static void WriteAction(Utf8JsonWriter json, AuditAction action)
    {
        json.WriteStartObject("by");
        action.By(json);
        json.WriteEndObject();
        action.Parameters(json);
    }

    private async ValueTask WriteAsync(string phase, AuditEntry entry, Action<Utf8JsonWriter> more)
    {
        var line = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(line, JsonText.Options))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("phase", phase);
            json.WriteString("id", entry.Id);
            json.WriteString("node", node);
            json.WriteString("action", entry.Action.Name);
            if (NodeTrace.Current is { } trace)
            {
                json.WriteString("trace_id", trace.TraceId.ToHexString());
            }

            more(json);
            json.WriteEndObject();
        }

        line.Write("\n"u8);
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            _file.Write(line.WrittenSpan);
        }
        finally
        {
            _turn.Release();
        }
    }
}

/// <summary>What somebody asks for.</summary>
/// <param name="Name">What it is called, as <c>member.add</c>.</param>
/// <param name="By">Writes who asks, as members of an object.</param>
/// <param name="Parameters">Writes with what, as members of an object; never a secret.</param>
internal sealed record AuditAction(string Name, Action<Utf8JsonWriter> By, Action<Utf8JsonWriter> Parameters)
{
    /// <summary>An action of the node itself, by what it was told at its start.</summary>
    public static AuditAction OfNode(string name, Action<Utf8JsonWriter> parameters) =>
        new(name, static json => json.WriteString("node", "itself"), parameters);

    /// <summary>An action of somebody at this machine.</summary>
    public static AuditAction OfUser(string name, Action<Utf8JsonWriter> parameters) => new(
        name,
        static json =>
        {
            json.WriteString("user", Environment.UserName);
            json.WriteNumber("pid", Environment.ProcessId);
        },
        parameters);

    /// <summary>The start of a node: how it is configured, without secrets.</summary>
    public static AuditAction Start(NodeOptions options) => OfUser("node.start", json =>
    {
        json.WriteString("version", Product.Version);
        json.WriteStartObject("options");
        foreach (var (name, value) in options.StatedValues)
        {
            json.WriteString(name, ShownOptions.Show(name, value));
        }

        json.WriteEndObject();
    });
}

/// <summary>An action that was begun.</summary>
/// <param name="Action">The action.</param>
/// <param name="Id">What its lines have in common.</param>
/// <param name="BegunAt">When it was begun, on the log's monotonic clock.</param>
internal sealed record AuditEntry(AuditAction Action, string Id, long BegunAt);
