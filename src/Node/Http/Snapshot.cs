using RaftCluster.Node.Backups;
using RaftCluster.Node.Consistency;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Http;

/// <summary>
/// <c>GET /v1/snapshot</c>: a backup of this node's rows as one stream. It is never passed on to another node: who asks a
/// follower wants to spare the leader.
/// </summary>
internal static class Snapshot
{
    private const string Since = "since";
    private const string Digest = "Content-Digest";

    /// <summary>Answers the request.</summary>
    public static async ValueTask AnswerAsync(Call call)
    {
        if ((ReadSince(call, out var since) ?? call.Query.RefuseRest(Since) ?? Refuse(call.Terms)) is { } wrong)
        {
            await call.RefuseAsync(wrong);
            return;
        }

        if (await OpenAsync(call) is { } stale)
        {
            await call.RefuseAsync(stale);
            return;
        }

        if (!call.Api.Backups.TryEnter())
        {
            await call.RefuseAsync(new Problem(
                ProblemCode.Overloaded, $"{BackupSource.AtATime} backups of this node are being made already")
            { Retryable = true });
            return;
        }

        try
        {
            await AnswerAsync(call, since);
        }
        finally
        {
            call.Api.Backups.Leave();
        }
    }

    private static async ValueTask AnswerAsync(Call call, long? since)
    {
        Problem? problem;
        PreparedBackup? backup;
        try
        {
            (problem, backup) = since is { } revision
                ? Increment(call, revision)
                : (null, await call.Api.Backups.PrepareFullAsync(call.Aborted));
        }
        catch (StorageException full) when (full.Fault == StorageFault.DiskFull)
        {
            await call.RefuseAsync(new Problem(ProblemCode.BackupFailed, full.Message) { Retryable = true });
            return;
        }

        if (backup is null)
        {
            await call.RefuseAsync(problem!);
            return;
        }

        using (backup)
        {
            await SendAsync(call, backup);
        }
    }

    private static async ValueTask SendAsync(Call call, PreparedBackup backup)
    {
        call.SetHeaders(StatusCodes.Status200OK, backup.Header.Revision);
        var headers = call.Response.Headers;
        headers.ContentType = "application/vnd.raftcluster.backup";
        headers.ContentDisposition = $"attachment; filename=\"{backup.FileName}\"";
        headers.CacheControl = "no-store";
        headers.Trailer = Digest;
        var chunks = call.Request.Protocol == HttpProtocol.Http11 ? new ChunkedBody(call.Response.Body) : null;
        if (chunks is not null)
        {
            headers.TransferEncoding = "chunked";
        }

        try
        {
            var (_, hash) = await backup.WriteAsync(chunks ?? call.Response.Body, call.Aborted);
            var digest = $"sha-256=:{Convert.ToBase64String(hash)}:";
            if (chunks is not null)
            {
                await chunks.EndAsync(Digest, digest, call.Aborted);
            }
            else if (call.Response.SupportsTrailers())
            {
                call.Response.AppendTrailer(Digest, digest);
            }
        }
        catch (Exception broken) when (broken is IOException or StorageException { Fault: StorageFault.DiskFull })
        {
            // What is out can't be taken back: a stream that ends early has neither an end nor a digest.
            call.Abort();
        }
    }

    private static (Problem? Problem, PreparedBackup? Backup) Increment(Call call, long since)
    {
        var backup = call.Api.Backups.PrepareIncrement(since, out var refusal);
        return refusal switch
        {
            null => (null, backup),
            { Oldest: { } oldest } => (
                new Problem(
                    ProblemCode.Compacted,
                    $"revision {since} was compacted, so what happened since is not known; the oldest revision that an increment can "
                        + $"go on is {oldest}: take a full backup",
                    Since)
                { OldestRevision = oldest },
                null),
            _ => (Problem.Malformed(Since, $"since: revision {since} has not happened yet; this node stands at {refusal.Revision}"), null),
        };
    }

    private static async ValueTask<Problem?> OpenAsync(Call call)
    {
        var (api, terms) = (call.Api, call.Terms);
        if (api.Consensus.Standing.IsRebuilding)
        {
            return new Problem(ProblemCode.NotCaughtUp, "this node is being rebuilt from the others: it has no whole copy yet")
            {
                Retryable = true,
            };
        }

        using var patience = Patience.Start(terms.Wait, api.Time);
        return await api.Gate.OpenAsync(terms.ReadTerms, patience.Token) switch
        {
            Passage.Open => null,
            Passage.NoLeader => new Problem(
                ProblemCode.NoLeader,
                "no leader could be confirmed in time, so nobody knows whether this copy has all that was acknowledged; "
                    + "with Raft-Consistency: local it is backed up as it is")
            { Retryable = true },
            _ => new Problem(ProblemCode.NotCaughtUp, "this copy did not become as fresh as asked in time") { Retryable = true },
        };
    }

    private static Problem? ReadSince(Call call, out long? since)
    {
        since = null;
        if (call.Query.Take(Since) is not { } text)
        {
            return null;
        }

        since = Numbers.Read(text, 0, long.MaxValue);
        return since is null ? Problem.Malformed(Since, "since is no revision: a whole number is expected") : null;
    }

    private static Problem? Refuse(RequestTerms terms) => DeleteRange.Conditions(terms) is { } header
        ? Problem.Malformed(header, $"{header} is about one row; a backup has no entity tag")
        : null;
}
