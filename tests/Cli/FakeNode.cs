using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RaftCluster.Tests.Cli;

/// <summary>An HTTP server that answers what the test tells it to: method and raw target → answer.</summary>
internal sealed class FakeNode : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Func<Asked, Answer>> _answers = new();

    private FakeNode(WebApplication app) => _app = app;

    internal ConcurrentQueue<Asked> Requests { get; } = new();

    internal string Url => _app.Urls.Single();

    internal static async Task<FakeNode> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        _ = builder.Logging.ClearProviders();
        _ = builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var node = new FakeNode(app);
        app.Run(node.AnswerAsync);
        await app.StartAsync();
        return node;
    }

    internal FakeNode On(string method, string target, int status, string body = "", params (string Name, string Value)[] headers)
    {
        _answers[$"{method} {target}"] = _ => new Answer(status, body, headers);
        return this;
    }

    /// <summary>An answer that depends on the request, or on how often it was asked.</summary>
    internal FakeNode Respond(
        string method, string target, Func<Asked, (int Status, string Body, (string Name, string Value)[] Headers)> answer)
    {
        _answers[$"{method} {target}"] = asked =>
        {
            var (status, body, headers) = answer(asked);
            return new Answer(status, body, headers);
        };
        return this;
    }

    internal FakeNode Problem(string method, string target, int status, string code, string outcome, string more = "") => On(
        method,
        target,
        status,
        $$"""{"title":"{{code}}","detail":"what happened","status":{{status}},"code":"{{code}}","outcome":"{{outcome}}","retryable":false{{more}}}""",
        ("Content-Type", "application/problem+json"));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var asked = new Asked(
            $"{context.Request.Method} {target}",
            body.ToArray(),
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        Requests.Enqueue(asked);
        var (status, text, headers) = _answers.TryGetValue(asked.Line, out var answer) ? answer(asked) : new Answer(501, "not in the script", []);
        context.Response.StatusCode = status;
        context.Response.Headers["Raft-Node"] = "n1";
        foreach (var (name, value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        await context.Response.WriteAsync(text);
    }

    internal sealed record Asked(string Line, byte[] Body, IReadOnlyDictionary<string, string> Headers);

    private sealed record Answer(int Status, string Body, (string Name, string Value)[] Headers);
}
