using System.Text;
using CsCheck;
using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

public sealed class KeyPathTests
{
    private static readonly Gen<string> _keys = Gen.OneOf(
            Gen.Char['a', 'z'].Select(letter => letter.ToString()),
            Gen.Char["/.%?#&=+ ;:@~\\\"'\0\r\n"].Select(letter => letter.ToString()),
            Gen.Int[0x80, 0xD7FF].Select(char.ConvertFromUtf32),
            Gen.Int[0x1_0000, 0x10_FFFF].Select(char.ConvertFromUtf32))
        .Array[1, 40].Select(string.Concat);

    [Fact]
    public void A_key_comes_back_when_its_path_is_decoded() => _keys.Sample(key =>
        Uri.UnescapeDataString(KeyPath.Encode(key)) == key);

    [Fact]
    public void A_path_survives_what_URL_libraries_and_proxies_do_to_one() => _keys.Sample(key =>
    {
        var path = KeyPath.Encode(key);
        // What a normalising library would make of it: folded dots and slashes would be another key.
        var normalised = key is "." or ".." ? path : new Uri($"http://h/v1/kv/{path}").AbsolutePath["/v1/kv/".Length..];
        return Uri.UnescapeDataString(normalised) == key && path.All(char.IsAscii);
    });

    [Theory]
    [InlineData("plain/key-1_2.3~", "plain/key-1_2.3~")]
    [InlineData("a b", "a%20b")]
    [InlineData("100%", "100%25")]
    [InlineData("ü", "%C3%BC")]
    [InlineData("a?b#c", "a%3Fb%23c")]
    [InlineData("a+b", "a%2Bb")]
    [InlineData("a//b", "a%2F%2Fb")]
    [InlineData("a/../b", "a%2F%2E%2E%2Fb")]
    [InlineData("/a", "%2Fa")]
    public void A_key_is_written_as(string key, string path) => Assert.Equal(path, KeyPath.Encode(key));

    [Fact]
    public void A_key_has_1_to_1024_bytes()
    {
        Assert.Equal(1024, Uri.UnescapeDataString(KeyPath.Encode(new string('k', 1024))).Length);
        _ = Assert.Throws<ArgumentException>(() => KeyPath.Encode(""));
        _ = Assert.Throws<ArgumentException>(() => KeyPath.Encode(new string('k', 1025)));
        _ = Assert.Throws<ArgumentException>(() => KeyPath.Encode(new string('ü', 513)));
        Assert.Equal(1024, Encoding.UTF8.GetByteCount(Uri.UnescapeDataString(KeyPath.Encode(new string('ü', 512)))));
    }

    [Fact]
    public void Half_a_surrogate_pair_is_no_key() =>
        Assert.Throws<ArgumentException>(() => KeyPath.Encode("a\uD800"));
}
