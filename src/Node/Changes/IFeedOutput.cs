using System.Buffers;

namespace RaftCluster.Node.Changes;

/// <summary>Where a reader's events go, in the form it asked for. Nothing is sent before the owner of the output says so.</summary>
internal interface IFeedOutput
{
    /// <summary>How many bytes were written so far.</summary>
    long Written { get; }

    /// <summary>Writes an event that was made for all readers, or what one wants of it.</summary>
    void Write(RenderedEvent rendered, ChangeFilter filter);

    /// <summary>Begins an event whose data comes in pieces.</summary>
    /// <param name="revision">What it is known by; 0 for an event that nobody can go on from.</param>
    /// <returns>Where its data goes; counted in <see cref="Written"/>.</returns>
    IBufferWriter<byte> BeginEvent(long revision);

    /// <summary>Ends it.</summary>
    void EndEvent();
}
