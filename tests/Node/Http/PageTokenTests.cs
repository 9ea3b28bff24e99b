using CsCheck;
using RaftCluster.Node.Http;

namespace RaftCluster.Tests.Node.Http;

public sealed class PageTokenTests
{
    private static readonly Gen<PageToken> _tokens = Gen.Select(
        Gen.Long[0, long.MaxValue], Gen.ULong, Gen.Byte.Array[1, 1024], (revision, query, key) => new PageToken(revision, query, key));

    [Fact]
    public void It_is_written_as_ever()
    {
        var text = new PageToken(18342, 0x0123456789abcdef, "a/1"u8.ToArray()).ToString();

        Assert.Equal("AQAAAAAAAEemASNFZ4mrze9hLzHtyG67Yok", text);
    }

    [Fact]
    public void Every_token_reads_back() => _tokens.Sample(token =>
        PageToken.TryParse(token.ToString(), out var read)
        && (read.Revision, read.Query) == (token.Revision, token.Query)
        && read.Key.Span.SequenceEqual(token.Key.Span));

    [Fact]
    public void One_wrong_character_is_noticed_wherever_it_is() =>
        Gen.Select(_tokens, Gen.Int[0, 2000], Gen.Char["ABYZabyz0189-_+/= \n%"]).Sample((token, place, letter) =>
        {
            var text = token.ToString();
            var at = place % text.Length;
            var damaged = text[..at] + letter + text[(at + 1)..];
            return damaged == text || !PageToken.TryParse(damaged, out _);
        });

    [Fact]
    public void Anything_else_is_no_token() => Gen.String.Sample(text => !PageToken.TryParse(text, out _));
}
