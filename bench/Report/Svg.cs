using System.Globalization;
using System.Xml.Linq;

namespace RaftCluster.Bench.Report;

/// <summary>The few shapes that the charts are made of.</summary>
internal static class Svg
{
    /// <summary>This product's colour.</summary>
    public const string Ours = "#2563eb";

    /// <summary>The colour of what it is compared with.</summary>
    public const string Other = "#9ca3af";

    /// <summary>The colour of text and axes.</summary>
    public const string Ink = "#1f2937";

    private static readonly XNamespace _svg = "http://www.w3.org/2000/svg";

    /// <summary>A picture on white, so that it can be read on any page.</summary>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="title">What it shows; read to those who don't see it.</param>
    /// <param name="shapes">What is on it.</param>
    public static XElement Picture(double width, double height, string title, IEnumerable<XElement> shapes) => new(
        _svg + "svg",
        new XAttribute("viewBox", Text($"0 0 {width:0} {height:0}")),
        new XAttribute("width", Text($"{width:0}")),
        new XAttribute("height", Text($"{height:0}")),
        new XAttribute("font-family", "system-ui, sans-serif"),
        new XAttribute("font-size", "12"),
        new XAttribute("role", "img"),
        new XElement(_svg + "title", title),
        Rectangle(0, 0, width, height, "#ffffff"),
        Label(12, 22, title, "start", Ink, size: 15),
        shapes);

    /// <summary>A filled rectangle.</summary>
    public static XElement Rectangle(double x, double y, double width, double height, string colour) => new(
        _svg + "rect", Place("x", x), Place("y", y), Place("width", Math.Max(0, width)), Place("height", height), new XAttribute("fill", colour));

    /// <summary>A line.</summary>
    public static XElement Line(double x1, double y1, double x2, double y2, string colour, double width = 1) => new(
        _svg + "line", Place("x1", x1), Place("y1", y1), Place("x2", x2), Place("y2", y2), new XAttribute("stroke", colour), Place("stroke-width", width));

    /// <summary>Points joined by lines, each with a dot.</summary>
    public static IEnumerable<XElement> Curve(IReadOnlyCollection<(double X, double Y)> points, string colour) =>
    [
        new(
            _svg + "polyline",
            new XAttribute("points", string.Join(' ', points.Select(point => Text($"{point.X:0.#},{point.Y:0.#}")))),
            new XAttribute("fill", "none"),
            new XAttribute("stroke", colour),
            new XAttribute("stroke-width", "2")),
        .. points.Select(point => new XElement(
            _svg + "circle", Place("cx", point.X), Place("cy", point.Y), new XAttribute("r", "3"), new XAttribute("fill", colour))),
    ];

    /// <summary>A text.</summary>
    /// <param name="x">Where it is anchored.</param>
    /// <param name="y">Its base line.</param>
    /// <param name="text">What it says.</param>
    /// <param name="anchor">start, middle or end.</param>
    /// <param name="colour">Its colour.</param>
    /// <param name="size">Its size in pixels.</param>
    public static XElement Label(double x, double y, string text, string anchor, string colour = Ink, int size = 12) => new(
        _svg + "text",
        Place("x", x),
        Place("y", y),
        new XAttribute("text-anchor", anchor),
        new XAttribute("fill", colour),
        new XAttribute("font-size", size),
        text);

    private static XAttribute Place(string name, double value) => new(name, Text($"{value:0.#}"));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
