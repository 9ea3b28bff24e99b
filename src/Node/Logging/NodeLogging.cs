using Microsoft.Extensions.Logging.Console;
using RaftCluster.Node.Configuration;

namespace RaftCluster.Node.Logging;

/// <summary>The node's log: lines on standard error, so that standard output stays for what is asked for.</summary>
internal static class NodeLogging
{
    /// <summary>Makes the factory of all loggers.</summary>
    /// <param name="options">The node's options.</param>
    /// <param name="time">The clock.</param>
    /// <param name="beside">Gets the same messages; null for nobody.</param>
    public static ILoggerFactory Create(NodeOptions options, TimeProvider time, ILoggerProvider? beside = null) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(options.LogLevel);
        // What the server says of each request and connection is of use only to who asks for it.
        logging.AddFilter("Microsoft", level => level >= LogLevel.Warning || options.LogLevel <= LogLevel.Debug);
        // A start that fails is told in one line, by us.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        if (beside is not null)
        {
            logging.AddProvider(beside);
        }

        logging.Services.AddSingleton(time);
        logging.AddConsole(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.FormatterName = options.LogFormat == LogFormat.Json
                ? JsonLineFormatter.FormatterName
                : LineFormatter.FormatterName;
        });
        logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        logging.AddConsoleFormatter<JsonLineFormatter, ConsoleFormatterOptions>();
    });
}
