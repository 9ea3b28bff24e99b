using System.Text.Encodings.Web;
using System.Text.Json;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Node.LogTool;

/// <summary>Everything there is to say of a log: totals, and what is damaged.</summary>
internal sealed class Verification
{
    private readonly List<LogStep> _damage = [];
    private readonly LogWalk _walk;
    private readonly string _folder;
    private (long Segments, long Void, long Records, long Replaced) _totals;
    private LogFinding.Torn? _torn;
    private long? _voteTerm;
    private bool _voteWantsMending;

    private Verification(string folder, LogWalk walk) => (_folder, _walk) = (folder, walk);

    /// <summary>Whether nothing is damaged.</summary>
    public bool IsSound => _damage.Count == 0;

    /// <summary>The last index that it holds, and the term of that entry.</summary>
    public (long Index, long Term) Last => (_walk.LastIndex, _walk.LastTerm);

    /// <summary>The term in the vote file; null when it can't be told.</summary>
    public long? VoteTerm => _voteTerm;

    /// <summary>What is damaged first, and where; null when nothing is.</summary>
    public string? FirstDamage => _damage.Count == 0
        ? null
        : $"{_damage[0].Finding.File} at offset {_damage[0].Finding.Offset}: {((LogFinding.Damaged)_damage[0].Finding).What}";

    /// <summary>Reads all of a log.</summary>
    /// <exception cref="IOException">A file can't be read.</exception>
    public static Verification Of(LogPlace place)
    {
        var walk = new LogWalk();
        var verification = new Verification(place.Folder, walk);
        foreach (var step in walk.Follow(place.Read()))
        {
            verification.Count(step);
        }

        verification.CheckVote();
        return verification;
    }

    /// <summary>For people.</summary>
    public void Write(TextWriter writer)
    {
        writer.WriteLine($"log       {_folder}");
        writer.WriteLine($"segments  {_totals.Segments}");
        if (_totals.Void > 0)
        {
            writer.WriteLine($"void      {_totals.Void}, of before the log began anew behind a snapshot: the next start removes them");
        }

        writer.WriteLine($"records   {_totals.Records}, by which {_totals.Replaced} entries were replaced");
        writer.WriteLine(_walk.FirstIndex == 0
            ? $"entries   none{(_walk.LastIndex == 0 ? "" : $" after entry {_walk.LastIndex} of term {_walk.LastTerm}")}"
            : $"entries   {_walk.FirstIndex} of term {_walk.FirstTerm?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "?"} "
              + $"to {_walk.LastIndex} of term {_walk.LastTerm}");
        writer.WriteLine(_voteTerm is { } term
            ? $"vote      term {term}{(_voteWantsMending ? "; one copy is older or unreadable: the next start mends it" : "")}"
            : "vote      none");
        if (_torn is { } torn)
        {
            writer.WriteLine(
                $"tail      torn in {torn.File} at offset {torn.Offset}: what a crash left of a batch that was never reported as synced");
        }

        foreach (var (finding, index, _) in _damage)
        {
            var doubt = index is { } at ? $"; the log can't be trusted from index {at} on" : "";
            writer.WriteLine($"DAMAGED   {finding.File} at offset {finding.Offset}: {((LogFinding.Damaged)finding).What}{doubt}");
        }

        writer.WriteLine(IsSound ? "sound" : $"damaged in {_damage.Count} {(_damage.Count == 1 ? "place" : "places")}");
    }

    /// <summary>For programs: one object on one line.</summary>
    public void WriteJson(Stream output)
    {
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteBoolean("sound", IsSound);
            json.WriteString("folder", _folder);
            json.WriteNumber("segments", _totals.Segments);
            json.WriteNumber("void", _totals.Void);
            json.WriteNumber("records", _totals.Records);
            json.WriteNumber("replaced", _totals.Replaced);
            WriteNumber(json, "firstIndex", _walk.FirstIndex == 0 ? null : _walk.FirstIndex);
            WriteNumber(json, "firstTerm", _walk.FirstIndex == 0 ? null : _walk.FirstTerm);
            WriteNumber(json, "lastIndex", _walk.LastIndex == 0 ? null : _walk.LastIndex);
            WriteNumber(json, "lastTerm", _walk.LastIndex == 0 ? null : _walk.LastTerm);
            WriteNumber(json, "voteTerm", _voteTerm);
            if (_torn is { } torn)
            {
                json.WriteStartObject("torn");
                json.WriteString("file", torn.File);
                json.WriteNumber("offset", torn.Offset);
                json.WriteEndObject();
            }

            json.WriteStartArray("damage");
            foreach (var (finding, index, _) in _damage)
            {
                json.WriteStartObject();
                json.WriteString("file", finding.File);
                json.WriteNumber("offset", finding.Offset);
                WriteNumber(json, "index", index);
                json.WriteString("what", ((LogFinding.Damaged)finding).What);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private void Count(LogStep step)
    {
        switch (step.Finding)
        {
            case LogFinding.SegmentBegins:
                _totals.Segments++;
                break;
            case LogFinding.Void:
                _totals.Void++;
                break;
            case LogFinding.Written written:
                _totals.Records++;
                _totals.Replaced += step.Replaces?.Count ?? 0;
                if (Malformed.What(written.Entry) is { } malformed)
                {
                    Damage(written.File, written.Offset, malformed, written.Entry.Index);
                }

                break;
            case LogFinding.Torn torn:
                _torn = torn;
                break;
            case LogFinding.Damaged:
                _damage.Add(step);
                break;
            default:
                break;
        }
    }

    private void CheckVote()
    {
        var path = Path.Combine(_folder, LogFolder.Vote);
        if (!File.Exists(path))
        {
            if (_totals.Records > 0)
            {
                Damage(LogFolder.Vote, 0, "it is missing beside a log that has entries", null);
            }

            return;
        }

        using var file = LocalDisk.Instance.Open(path, DiskOpen.Read);
        var (first, second) = VoteFile.ReadCopies(file);
        if (first is null && second is null)
        {
            Damage(LogFolder.Vote, 0, "neither copy of the term and vote can be read", null);
            return;
        }

        var vote = VoteFile.Newest(file, first, second);
        (_voteTerm, _voteWantsMending) = (vote.Term, first?.Sequence != second?.Sequence);
        if (_totals.Segments == 0 && IsSound && vote.Sequence > 0)
        {
            Damage(LogFolder.SegmentName(1), 0, $"all segments are missing, and the vote file beside them is in term {vote.Term}", 1);
        }
        else if (vote.Term < _walk.LastTerm)
        {
            Damage(LogFolder.Vote, 0, $"it is in term {vote.Term}, and the log holds an entry of term {_walk.LastTerm}", null);
        }
    }

    private void Damage(string file, long offset, string what, long? index) =>
        _damage.Add(new LogStep(new LogFinding.Damaged(file, offset, what), index));
}
