using RaftCluster.Node.Consensus.Log;

namespace RaftCluster.Node.LogTool;

/// <summary>Entries that a record took the place of.</summary>
/// <param name="First">The first index.</param>
/// <param name="Last">The last index.</param>
/// <param name="FirstTerm">The term that the entry at <paramref name="First"/> had.</param>
/// <param name="LastTerm">The term that the entry at <paramref name="Last"/> had.</param>
internal readonly record struct Replaced(long First, long Last, long FirstTerm, long LastTerm)
{
    public long Count => Last - First + 1;
}

/// <summary>A finding, seen with what stands before it.</summary>
/// <param name="Finding">What was found.</param>
/// <param name="Index">A record's index, or the first one that damage makes doubtful; null for what concerns no entry.</param>
/// <param name="Replaces">What the record took the place of.</param>
internal sealed record LogStep(LogFinding Finding, long? Index, Replaced? Replaces = null);

/// <summary>
/// Follows a log's records in the order of writing and holds them to the rules of docs/formats/log.md, as a node does at
/// its start; but after damage it goes on where it can.
/// </summary>
internal sealed class LogWalk
{
    private TermIndex? _terms;
    private bool _isInterrupted;

    /// <summary>The first index that was ever in it; 0 when it is empty.</summary>
    public long FirstIndex { get; private set; }

    /// <summary>The last index; 0 when it is empty.</summary>
    public long LastIndex => _terms?.Last ?? 0;

    /// <summary>The term of the last entry.</summary>
    public long LastTerm => _terms?.LastTerm ?? 0;

    /// <summary>The term of the first entry; null when it is not known any more, as after damage.</summary>
    public long? FirstTerm => _terms?.TermAt(FirstIndex);

    /// <summary>Puts findings into context.</summary>
    public IEnumerable<LogStep> Follow(IEnumerable<LogFinding> findings)
    {
        foreach (var finding in findings)
        {
            switch (finding)
            {
                case LogFinding.SegmentBegins begins:
                    if (WrongBegin(begins) is { } gap)
                    {
                        yield return new LogStep(new LogFinding.Damaged(begins.File, 0, gap), LastIndex + 1);
                    }

                    Begin(begins);
                    yield return new LogStep(begins, null);
                    break;
                case LogFinding.Written written:
                    if (WrongPlace(written) is { } wrong)
                    {
                        yield return new LogStep(new LogFinding.Damaged(written.File, written.Offset, wrong), written.Entry.Index);
                        Restart(written.Entry.Index - 1, written.PreviousTerm);
                    }

                    yield return new LogStep(written, written.Entry.Index, Take(written));
                    break;
                case LogFinding.Damaged:
                    _isInterrupted = true;
                    yield return new LogStep(finding, LastIndex + 1);
                    break;
                default:
                    yield return new LogStep(finding, null);
                    break;
            }
        }
    }

    private string? WrongBegin(LogFinding.SegmentBegins begins) =>
        _terms is null || _isInterrupted || begins.BeginsAnew || (begins.BaseIndex == LastIndex && begins.BaseTerm == LastTerm)
            ? null
            : $"it continues after index {begins.BaseIndex} of term {begins.BaseTerm}, "
              + $"and the log before it ends at {LastIndex} of term {LastTerm}";

    private void Begin(LogFinding.SegmentBegins begins)
    {
        if (_terms is null || begins.BeginsAnew || begins.BaseIndex != LastIndex || begins.BaseTerm != LastTerm)
        {
            Restart(begins.BaseIndex, begins.BaseTerm);
        }

        _isInterrupted = false;
    }

    private string? WrongPlace(LogFinding.Written written)
    {
        var (entry, terms) = (written.Entry, _terms!);
        if (entry.Kind > LogEntryKind.Configuration)
        {
            return $"a record of kind {(byte)entry.Kind}, which this program does not know";
        }

        if (entry.Index < 1 || entry.Index > terms.Last + 1 || entry.Term < 1 || entry.Term < written.PreviousTerm)
        {
            return $"a record with index {entry.Index} and term {entry.Term} after index {terms.Last}";
        }

        return entry.Index <= terms.Floor || terms.TermAt(entry.Index - 1) == written.PreviousTerm
            ? null
            : $"a record that follows term {written.PreviousTerm} where the log has term {terms.TermAt(entry.Index - 1)}";
    }

    private Replaced? Take(LogFinding.Written written)
    {
        var (index, terms) = (written.Entry.Index, _terms!);
        var first = Math.Max(index, terms.Floor + 1);
        Replaced? replaced = first <= terms.Last ? new Replaced(first, terms.Last, terms.TermAt(first)!.Value, terms.LastTerm) : null;
        if (index <= terms.Floor)
        {
            Restart(index - 1, written.PreviousTerm);
        }
        else
        {
            terms.CutFrom(index);
        }

        _terms!.Add(written.Entry.Term);
        FirstIndex = FirstIndex == 0 ? index : Math.Min(FirstIndex, index);
        return replaced;
    }

    private void Restart(long floor, long term) => _terms = new TermIndex(floor, term);
}
