using System.Globalization;
using System.Text;
using System.Text.Json;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.LogTool;

/// <summary>What an operation of a transaction does, for people and for programs.</summary>
internal static class OperationText
{
    /// <summary>In a few words.</summary>
    public static void Append(StringBuilder text, Operation operation)
    {
        text.Append(Name(operation)).Append(' ');
        var invariant = CultureInfo.InvariantCulture;
        switch (operation)
        {
            case Operation.GrantLease grant:
                text.Append(invariant, $"for {grant.TtlMs} ms{(grant.Owner is null ? "" : " to " + BytesText.Show(grant.Owner))}");
                break;
            case Operation.EndLeases end:
                text.AppendJoin(' ', end.Ids).Append(invariant, $"{(end.Term > 0 ? $" in term {end.Term}" : "")}");
                break;
            case Operation.AcquireLock acquire:
                text.Append(invariant, $"{BytesText.Show(acquire.Name)} for {BytesText.Show(acquire.Owner)}{(acquire.Queue ? " or wait" : "")}");
                break;
            case Operation.ReleaseLock release:
                text.Append(BytesText.Show(release.Name));
                text.Append(release.Owner is null ? "" : " of " + BytesText.Show(release.Owner));
                text.Append(invariant, $"{(release.Fence > 0 ? $" with fence {release.Fence}" : "")}{(release.Force ? " by force" : "")}");
                break;
            case Operation.LeaveQueue leave:
                text.Append(BytesText.Show(leave.Name)).Append(" by ").Append(BytesText.Show(leave.Owner));
                break;
            case Operation.Compact compact:
                text.Append(invariant, $"below {compact.Revision}");
                break;
            default:
                text.Append(BytesText.Show(operation.Table)).Append(' ');
                AppendRows(text, operation);
                break;
        }
    }

    /// <summary>All of it but the values.</summary>
    public static void Write(Utf8JsonWriter json, Operation operation)
    {
        json.WriteStartObject();
        json.WriteString("op", Name(operation));
        switch (operation)
        {
            case Operation.GrantLease grant:
                json.WriteNumber("ttlMs", grant.TtlMs);
                WriteOwner(json, grant.Owner);
                break;
            case Operation.EndLeases end:
                json.WriteStartArray("leases");
                foreach (var id in end.Ids)
                {
                    json.WriteNumberValue(id);
                }

                json.WriteEndArray();
                json.WriteNumber("term", end.Term);
                break;
            case Operation.AcquireLock acquire:
                json.WriteString("lock", acquire.Name);
                WriteOwner(json, acquire.Owner);
                json.WriteNumber("ttlMs", acquire.TtlMs);
                json.WriteBoolean("queue", acquire.Queue);
                WriteGuards(json, acquire);
                break;
            case Operation.ReleaseLock release:
                json.WriteString("lock", release.Name);
                WriteOwner(json, release.Owner);
                json.WriteNumber("fence", release.Fence);
                json.WriteBoolean("force", release.Force);
                json.WriteBoolean("dropGuard", release.DropGuard);
                break;
            case Operation.LeaveQueue leave:
                json.WriteString("lock", leave.Name);
                WriteOwner(json, leave.Owner);
                break;
            case Operation.Compact compact:
                json.WriteNumber("revision", compact.Revision);
                break;
            default:
                json.WriteString("table", operation.Table);
                WriteRows(json, operation);
                break;
        }

        json.WriteEndObject();
    }

    private static void AppendRows(StringBuilder text, Operation operation)
    {
        switch (operation)
        {
            case Operation.DeleteRange range:
                text.Append('[').Append(BytesText.Show(range.Start.Span)).Append(", ").Append(BytesText.Show(range.End.Span)).Append(')');
                break;
            case Operation.Range range:
                text.Append('[').Append(BytesText.Show(range.Start.Span)).Append(", ").Append(BytesText.Show(range.End.Span)).Append(')');
                break;
            case Operation.Put put:
                text.Append(put.KeyIsRevision ? "(its revision)" : BytesText.Show(put.Key.Span));
                text.Append(CultureInfo.InvariantCulture, $" ({put.Value.Length} bytes)");
                text.Append(CultureInfo.InvariantCulture, $"{(put.Lease.Id > 0 ? $" on lease {put.Lease.Id}" : "")}");
                text.Append(CultureInfo.InvariantCulture, $"{(put.Lease.TtlMs > 0 ? $" for {put.Lease.TtlMs} ms" : "")}");
                break;
            case Operation.Add add:
                text.Append(BytesText.Show(add.Key.Span)).Append(add.Column is { } column ? " " + BytesText.Show(column) : "");
                text.Append(' ').Append(BytesText.Show(add.Amount.Span));
                break;
            default:
                text.Append(BytesText.Show(KeyOf(operation).Span));
                break;
        }
    }

    private static void WriteRows(Utf8JsonWriter json, Operation operation)
    {
        switch (operation)
        {
            case Operation.DeleteRange range:
                BytesText.Write(json, "start", range.Start.Span);
                BytesText.Write(json, "end", range.End.Span);
                break;
            case Operation.Range range:
                BytesText.Write(json, "start", range.Start.Span);
                BytesText.Write(json, "end", range.End.Span);
                json.WriteNumber("limit", range.Limit);
                json.WriteBoolean("keysOnly", range.KeysOnly);
                json.WriteBoolean("countOnly", range.CountOnly);
                json.WriteBoolean("descending", range.Descending);
                break;
            case Operation.Put { KeyIsRevision: true } put:
                json.WriteBoolean("keyIsRevision", true);
                WritePut(json, put);
                break;
            default:
                BytesText.Write(json, "key", KeyOf(operation).Span);
                WriteDetails(json, operation);
                break;
        }
    }

    private static void WriteDetails(Utf8JsonWriter json, Operation operation)
    {
        switch (operation)
        {
            case Operation.Put put:
                WritePut(json, put);
                break;
            case Operation.Patch patch:
                json.WriteNumber("patchLength", patch.Value.Length);
                json.WriteBoolean("keepNulls", patch.KeepNulls);
                break;
            case Operation.Add add:
                if (add.Column is { } column)
                {
                    json.WriteString("column", column);
                }

                BytesText.Write(json, "amount", add.Amount.Span);
                break;
        }
    }

    private static void WritePut(Utf8JsonWriter json, Operation.Put put)
    {
        json.WriteNumber("valueLength", put.Value.Length);
        if (put.ContentType is { } contentType)
        {
            json.WriteString("contentType", contentType);
        }

        if (put.Lease.Id > 0)
        {
            json.WriteNumber("lease", put.Lease.Id);
        }

        if (put.Lease.TtlMs > 0)
        {
            json.WriteNumber("ttlMs", put.Lease.TtlMs);
        }
    }

    private static void WriteOwner(Utf8JsonWriter json, string? owner)
    {
        if (owner is not null)
        {
            json.WriteString("owner", owner);
        }
    }

    private static void WriteGuards(Utf8JsonWriter json, Operation.AcquireLock acquire)
    {
        if (acquire.Guards.IsDefault)
        {
            return;
        }

        json.WriteStartArray("guard");
        foreach (var (table, prefix) in acquire.Guards)
        {
            json.WriteStartObject();
            json.WriteString("table", table);
            json.WriteString("prefix", prefix);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static ReadOnlyMemory<byte> KeyOf(Operation operation) => operation switch
    {
        Operation.Put put => put.Key,
        Operation.Delete delete => delete.Key,
        Operation.Get get => get.Key,
        Operation.Patch patch => patch.Key,
        Operation.Add add => add.Key,
        _ => default,
    };

    private static string Name(Operation operation) => operation switch
    {
        Operation.Put => "put",
        Operation.Delete => "delete",
        Operation.DeleteRange => "delete-range",
        Operation.Get => "get",
        Operation.Range => "range",
        Operation.Patch => "patch",
        Operation.Add => "add",
        Operation.GrantLease => "grant-lease",
        Operation.EndLeases => "end-leases",
        Operation.AcquireLock => "acquire-lock",
        Operation.ReleaseLock => "release-lock",
        Operation.LeaveQueue => "leave-queue",
        Operation.Compact => "compact",
        _ => throw new InvariantException($"no name for {operation.GetType().Name}"),
    };
}
