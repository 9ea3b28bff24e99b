using System.Globalization;
using RaftCluster.Node.Backups;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Offline;

/// <summary>Everything there is to say of backups that are in order.</summary>
internal static class VerifiedBackup
{
    /// <summary>Checks backups, and says what they are.</summary>
    /// <param name="files">A full backup and its increments; or a single increment, of which the bytes alone can be checked.</param>
    /// <param name="isQuick">Whether the checksums are enough.</param>
    /// <param name="scratch">Where the rows are put together; null for the system's folder for such things.</param>
    /// <param name="asJson">For programs.</param>
    /// <param name="output">Where it is said.</param>
    /// <exception cref="BackupException">Something is damaged.</exception>
    /// <exception cref="StorageException">Something is damaged, or the disk failed.</exception>
    public static int Run(IReadOnlyList<string> files, bool isQuick, string? scratch, bool asJson, TextWriter output)
    {
        if (files.Count == 1 && Alone(files[0]) is { } increment)
        {
            Say(asJson, output, [files[0]], [increment], survey: null);
            return ExitCode.Ok;
        }

        var chain = BackupChain.Read(files);
        if (isQuick)
        {
            chain.CheckBytes();
            Say(asJson, output, chain.Files, chain.Headers, survey: null);
            return ExitCode.Ok;
        }

        var folder = Path.Combine(scratch ?? Path.GetTempPath(), $"raftcluster-verify-{Guid.NewGuid():n}");
        try
        {
            chain.Assemble(folder, upTo: null);
            var survey = StoreSurvey.Of(folder);
            if (survey.Position != chain.Headers[^1].Position)
            {
                throw new BackupException(
                    $"{chain.Files[^1]} leads to revision {survey.Position.Revision} with state hash {survey.Position.StateHash:x32}, and says "
                        + $"revision {chain.Headers[^1].Revision} with {chain.Headers[^1].StateHash}");
            }

            Say(asJson, output, chain.Files, chain.Headers, survey);
            return ExitCode.Ok;
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>An increment by itself, with all its bytes checked; null for another backup.</summary>
    private static BackupHeader? Alone(string file)
    {
        using var reader = BackupReader.Open(file);
        if (!reader.Header.IsIncrement)
        {
            return null;
        }

        new IncrementReplay(reader, target: null).Run();
        return reader.Header;
    }

    private static void Say(
        bool asJson, TextWriter output, IReadOnlyList<string> files, IReadOnlyList<BackupHeader> headers, StoreSurvey? survey)
    {
        if (asJson)
        {
            output.WriteLine(Json(files, headers, survey));
            return;
        }

        for (var at = 0; at < files.Count; at++)
        {
            Say(output, files[at], headers[at]);
        }

        if (survey is not null)
        {
            var tables = string.Join(", ", survey.Tables.Select(table => $"{table.Name} {table.Rows}"));
            output.WriteLine($"rows       {(tables.Length == 0 ? "none" : tables)}; {survey.Versions} versions in history");
        }

        output.WriteLine(survey is null ? "sound, by its checksums" : "sound: every row was read, and the state hash is the one stated");
    }

    private static void Say(TextWriter output, string file, BackupHeader header)
    {
        var hash = header.StateHash;
        output.WriteLine($"backup     {file}, {new FileInfo(file).Length} bytes");
        output.WriteLine(header.IsIncrement
            ? $"kind       increment: revisions {header.Since + 1} to {header.Revision}"
            : $"kind       full: {header.Files.Length} files, history from revision {header.OldestRevision} on");
        output.WriteLine($"of         cluster {header.Cluster}, {header.ClusterId}, epoch {header.Epoch}");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"made       {header.CreatedAt:yyyy-MM-dd'T'HH:mm:ss'Z'} by {header.Node}, version {header.Product}"));
        output.WriteLine($"stands at  revision {header.Revision}, entry {header.Index} of term {header.Term}, state hash {hash}");
        output.WriteLine($"members    {string.Join(", ", header.Members.Select(member => $"{member.Id} ({member.Role}, {member.Url})"))}");
    }

    private static string Json(IReadOnlyList<string> files, IReadOnlyList<BackupHeader> headers, StoreSurvey? survey) => OfflineJson.Write(json =>
    {
        json.WriteBoolean("sound", true);
        json.WriteStartArray("backups");
        for (var at = 0; at < files.Count; at++)
        {
            json.WriteStartObject();
            json.WriteString("file", files[at]);
            json.WriteNumber("bytes", new FileInfo(files[at]).Length);
            json.WritePropertyName("header");
            json.WriteRawValue(headers[at].ToJson());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        OfflineJson.Write(json, headers[^1].Position);
        if (survey is not null)
        {
            json.WriteStartObject("tables");
            foreach (var table in survey.Tables)
            {
                json.WriteNumber(table.Name, table.Rows);
            }

            json.WriteEndObject();
            json.WriteNumber("versions", survey.Versions);
        }
    });
}
