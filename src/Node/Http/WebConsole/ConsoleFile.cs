using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace RaftCluster.Node.Http.WebConsole;

/// <summary><c>GET /ui</c> and <c>/ui/{file}</c>: the web console, from files in this assembly.</summary>
/// <param name="Body">The file.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="Tag">Its entity tag: it changes with the content.</param>
internal sealed record ConsoleFile(byte[] Body, string ContentType, EntityTagHeaderValue Tag)
{
    /// <summary>What the console's paths begin with.</summary>
    public const string Root = "/ui/";

    /// <summary>The page itself.</summary>
    public const string Page = "index.html";

    /// <summary>
    /// The page takes everything from this node and nothing from elsewhere, runs no script but its own, and can make no element
    /// out of text: rows hold what anybody wrote.
    /// </summary>
    public const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private const string Prefix = "console/";

    private static readonly Lazy<FrozenDictionary<string, ConsoleFile>> _all = new(Load);

    /// <summary>All files, by name.</summary>
    public static FrozenDictionary<string, ConsoleFile> All => _all.Value;

    /// <summary>Answers the request. Only the names of files are looked up, as they stand in the path: nothing is a folder.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        if (call.Query.RefuseRest() is { } problem)
        {
            return call.RefuseAsync(problem);
        }

        var path = call.Target.Path;
        var name = path.Length <= Root.Length ? Page : path[Root.Length..];
        return All.TryGetValue(name, out var file)
            ? file.ShowAsync(call)
            : call.RefuseAsync(new Problem(ProblemCode.NoSuchResource, "the console has no such file; it begins at /ui", "path"));
    }

    private ValueTask ShowAsync(Call call)
    {
        var isKnown = IsIn(call.Request.Headers.IfNoneMatch);
        call.SetHeaders(isKnown ? StatusCodes.Status304NotModified : StatusCodes.Status200OK, call.Api.Store.Applied.Revision);
        var headers = call.Response.Headers;
        headers.ETag = Tag.ToString();
        // Asked for each time, and mostly answered with 304: after an upgrade nobody sees a mixture of two versions.
        headers.CacheControl = "no-cache";
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (isKnown)
        {
            return default;
        }

        call.Response.ContentType = ContentType;
        return call.EndAsync(Body);
    }

    private bool IsIn(StringValues stated) =>
        EntityTagHeaderValue.TryParseList(stated, out var tags)
        && tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(Tag, useStrongComparison: false));

    private static FrozenDictionary<string, ConsoleFile> Load()
    {
        var assembly = typeof(ConsoleFile).Assembly;
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(
                name => name[Prefix.Length..],
                name =>
                {
                    using var resource = assembly.GetManifestResourceStream(name)!;
                    var body = new byte[resource.Length];
                    resource.ReadExactly(body);
                    return new ConsoleFile(body, TypeOf(name), new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(body))[..32]}\""));
                },
                StringComparer.Ordinal);
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        var other => throw new InvalidOperationException($"the console's file {name} ends in {other}, whose media type is not written down"),
    };
}
