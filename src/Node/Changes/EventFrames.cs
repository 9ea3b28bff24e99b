using System.Buffers;
using System.Globalization;
using System.Text.Unicode;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Changes;

/// <summary>The frame of a Server-Sent Event that carries a transaction.</summary>
internal static class EventFrames
{
    private const int Longest = 96;

    /// <summary>Writes what comes before the data.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="revision">What the event is known by; 0 for an event that nobody can go on from.</param>
    /// <param name="mark">What stands behind the revision, so that it is told from other histories' revisions.</param>
    public static void WriteBegin(IBufferWriter<byte> output, long revision, string mark)
    {
        var room = output.GetSpan(Longest);
        var written = 0;
        var fits = revision == 0
            ? Utf8.TryWrite(room, $"event: change\ndata: ", out written)
            : Utf8.TryWrite(room, CultureInfo.InvariantCulture, $"id: {revision}{mark}\nevent: change\ndata: ", out written);
        Invariant.Holds(fits, "a number fits into the room for it");
        output.Advance(written);
    }
}
