using System.CommandLine;

namespace RaftCluster.Cli;

/// <summary><c>raftctl put</c>: writes one row from the command line, standard input or a file.</summary>
internal static class PutCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var key = new Argument<string>("key") { Description = "The row's key." };
        var value = InputValue.Argument("value", "The value");
        var contentType = new Option<string?>("--content-type")
        {
            Description = "The value's media type. Default for text on the command line: text/plain.",
            HelpName = "type",
        };
        var ttl = new Option<TimeSpan?>("--ttl")
        {
            Description = "The row goes away after this time, as 30s.",
            HelpName = "time",
            CustomParser = result => Durations.Parse(result),
        };
        var lease = new Option<long?>("--lease") { Description = "The row goes away with this lease.", HelpName = "id" };
        var command = new Command("put", "Writes a row.") { key, value, contentType, ttl, lease };
        var write = new WriteOptionsOf(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(ttl) is not null && result.GetResult(lease) is not null)
            {
                result.AddError("--ttl and --lease exclude each other.");
            }
        });
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var (bytes, type) = await InputValue.ReadAsync(terminal, context.Parsed.GetValue(value) ?? "-", context.Cancellation);
            var options = write.From(context) with
            {
                ContentType = context.Parsed.GetValue(contentType) ?? type,
                TimeToLive = context.Parsed.GetValue(ttl),
                Lease = context.Parsed.GetValue(lease),
            };
            var name = context.Parsed.GetRequiredValue(key);
            return await WriteReport.PutAsync(context, name, options, await client.PutAsync(name, bytes, options, context.Cancellation));
        }));
        return command;
    }
}
