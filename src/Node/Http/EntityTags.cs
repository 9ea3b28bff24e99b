using System.Collections.Immutable;
using System.Globalization;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>
/// A list of entity tags (RFC 9110, 8.8.3). Ours are strong and hold a revision: <c>"42"</c>. Others are well-formed
/// tags that match nothing here.
/// </summary>
/// <param name="Any">The list is <c>*</c>.</param>
/// <param name="Strong">The revisions of the strong tags.</param>
/// <param name="Weak">The revisions of the weak tags, which only a weak comparison sees.</param>
internal readonly record struct EntityTags(bool Any, ImmutableArray<long> Strong, ImmutableArray<long> Weak)
{
    /// <summary>What a caller is told when a list can't be read.</summary>
    public const string Form = "a list of entity tags in double quotes, or *";

    /// <summary>Reads a list.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out EntityTags tags)
    {
        tags = default;
        text = text.Trim(" \t");
        if (text is "*")
        {
            tags = new EntityTags(true, [], []);
            return true;
        }

        var strong = ImmutableArray.CreateBuilder<long>(1);
        ImmutableArray<long>.Builder? weak = null;
        var count = 0;
        while (true)
        {
            var isWeak = text.StartsWith("W/");
            text = isWeak ? text[2..] : text;
            if (text.IsEmpty || text[0] != '"')
            {
                return false;
            }

            var end = text[1..].IndexOf('"');
            if (end < 0 || text[1..(end + 1)].ContainsAnyInRange('\0', ' '))
            {
                return false;
            }

            if (TryParseRevision(text[1..(end + 1)], out var revision))
            {
                (isWeak ? weak ??= ImmutableArray.CreateBuilder<long>() : strong).Add(revision);
            }

            text = text[(end + 2)..].TrimStart(" \t");
            if (++count > EntryCodec.MaximumRevisions)
            {
                return false;
            }

            if (text.IsEmpty)
            {
                tags = new EntityTags(false, strong.DrainToImmutable(), weak?.DrainToImmutable() ?? []);
                return true;
            }

            if (text[0] != ',')
            {
                return false;
            }

            text = text[1..].TrimStart(" \t");
        }
    }

    /// <summary>What <c>If-Match</c> asks: the strong comparison, so a weak tag never matches.</summary>
    public Precondition IfMatch() =>
        Any ? Precondition.Exists : new Precondition(PreconditionKind.RevisionIn, Strong);

    /// <summary>What <c>If-None-Match</c> asks: the weak comparison, so a weak tag matches like a strong one.</summary>
    public Precondition IfNoneMatch()
    {
        var revisions = Weak.IsEmpty ? Strong : Strong.AddRange(Weak);
        return Any ? Precondition.Absent
            : revisions.IsEmpty ? Precondition.None
            : new Precondition(PreconditionKind.RevisionNotIn, revisions);
    }

    /// <summary>Only the one way to write a revision counts: "042" is another tag than "42".</summary>
    private static bool TryParseRevision(ReadOnlySpan<char> text, out long revision) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out revision)
        && revision > 0
        && text[0] != '0';
}
