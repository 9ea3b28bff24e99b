using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace RaftCluster.Cli;

/// <summary>A value from the command line, standard input or a file.</summary>
internal static class InputValue
{
    /// <summary>The argument that says where it is from.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="what">What it is, as a sentence begins.</param>
    internal static Argument<string?> Argument(string name, string what) => new(name)
    {
        Description = $"{what}: text, '-' for standard input (also when left out), '@file' for a file's bytes, '@@…' for text that begins with '@'.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>Reads it; text of the command line has a type, bytes of elsewhere have none.</summary>
    internal static async Task<(byte[] Bytes, string? Type)> ReadAsync(Terminal terminal, string value, CancellationToken cancellation)
    {
        if (value == "-")
        {
            using var all = new MemoryStream();
            await terminal.In.CopyToAsync(all, cancellation);
            return (all.ToArray(), null);
        }

        if (value.StartsWith('@') && !value.StartsWith("@@", StringComparison.Ordinal))
        {
            return (await File.ReadAllBytesAsync(value[1..], cancellation), null);
        }

        return (Encoding.UTF8.GetBytes(value.StartsWith('@') ? value[1..] : value), "text/plain; charset=utf-8");
    }

    /// <summary>Reads it as a JSON object, so that a slip is told with its place before anything is sent.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    internal static async Task<byte[]> ReadObjectAsync(Terminal terminal, string value, string what, CancellationToken cancellation)
    {
        var (bytes, _) = await ReadAsync(terminal, value, cancellation);
        try
        {
            using var json = JsonDocument.Parse(bytes);
            return json.RootElement.ValueKind is JsonValueKind.Object
                ? bytes
                : throw new ArgumentException($"{what} is a JSON object, not {Named(json.RootElement.ValueKind)}.");
        }
        catch (JsonException malformed)
        {
            throw new ArgumentException($"{what} is not JSON: {malformed.Message}", malformed);
        }
    }

    private static string Named(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a truth value",
    };
}
