using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Bench.Servers;

/// <summary>The server process behind <see cref="CeilingServers"/>.</summary>
internal static class Answerer
{
    /// <summary>Answers until it is killed.</summary>
    /// <param name="port">The loopback port.</param>
    /// <param name="grpc">HTTP/2 with gRPC answers rather than HTTP/1.1.</param>
    /// <param name="valueSize">How long a value is.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task RunAsync(int port, bool grpc, int valueSize, CancellationToken stop)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback,
            port,
            listen => listen.Protocols = grpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        await using var app = builder.Build();
        var value = new byte[valueSize];
        app.Run(grpc ? context => AnswerCallAsync(context, value) : context => AnswerAsync(context, value));
        await app.StartAsync(stop);
        await app.WaitForShutdownAsync(stop);
    }

    private static async Task AnswerAsync(HttpContext context, byte[] value)
    {
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        context.Response.ContentLength = value.Length;
        await context.Response.Body.WriteAsync(value, context.RequestAborted);
    }

    private static async Task AnswerCallAsync(HttpContext context, byte[] value)
    {
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);

        // A header (field 1, empty), and for a range a row (field 2).
        byte[] message = context.Request.Path == EtcdGrpc.PutPath
            ? [10, 0]
            : [10, 0, 18, (byte)((value.Length & 0x7F) | 0x80), (byte)(value.Length >> 7), .. value];
        byte[] whole = [0, 0, 0, (byte)(message.Length >> 8), (byte)message.Length, .. message];
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(whole, context.RequestAborted);
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
