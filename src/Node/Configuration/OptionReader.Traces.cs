using System.Globalization;

namespace RaftCluster.Node.Configuration;

/// <content>Options about traces.</content>
public sealed partial class OptionReader
{
    private static readonly (string, OtlpProtocol)[] _protocols = [("grpc", OtlpProtocol.Grpc), ("http", OtlpProtocol.Http)];

    private OtlpOptions? Otlp()
    {
        var isOn = Is("otlp-endpoint") || !string.IsNullOrWhiteSpace((string?)_environment[OtlpOptions.Variable]);
        foreach (var name in (string[])["otlp-protocol", "trace-sample"])
        {
            if (Is(name) && !isOn)
            {
                Fault(name, $"goes with --otlp-endpoint or {OtlpOptions.Variable}");
            }
        }

        return isOn
            ? new OtlpOptions(Collector(), Is("otlp-protocol") ? Choice("otlp-protocol", OtlpProtocol.Grpc, _protocols) : null, Ratio())
            : null;
    }

    private Uri? Collector()
    {
        if (_stated["otlp-endpoint"] is not { } stated)
        {
            return null;
        }

        if (!Uri.TryCreate(stated.Text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            Fault("otlp-endpoint", $"'{stated.Text}' is no http:// or https:// address, as http://127.0.0.1:4317");
            return null;
        }

        if (url.UserInfo.Length > 0)
        {
            // Options are shown to who asks for them.
            Fault("otlp-endpoint", "has a name or password in it: headers for the collector go into OTEL_EXPORTER_OTLP_HEADERS");
            return null;
        }

        if (url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            Fault("otlp-endpoint", $"'{stated.Text}' has more than an address and a path");
        }

        return url;
    }

    private double? Ratio()
    {
        if (_stated["trace-sample"] is not { } stated)
        {
            return null;
        }

        if (!double.TryParse(stated.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ratio) || ratio is not (>= 0 and <= 1))
        {
            Fault("trace-sample", $"'{stated.Text}' is no number from 0 to 1");
        }

        return ratio;
    }
}
