/// Colours that remain distinct with every common kind of colour vision.
enum Colours {
    /// Okabe & Ito's palette, without its yellow, which is too pale for lines.
    static let distinct = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]

    /// Eleven stops of viridis (van der Walt & Smith 2015), dark to light.
    static let viridis = [
        "#440154", "#482475", "#414487", "#355F8D", "#2A788E", "#21918C", "#22A884", "#44BF70", "#7AD151", "#BDDF26",
        "#FDE725",
    ]

    /// Colours of so many ordered curves: distinct ones while they suffice, then steps of viridis.
    static func curves(_ count: Int) -> [String] {
        if count <= distinct.count { return Array(distinct.prefix(count)) }
        // The light end is too pale for lines.
        return (0..<count).map { interpolated(9 * Double($0) / Double(count - 1)) }
    }

    /// A colour between two stops of viridis.
    private static func interpolated(_ position: Double) -> String {
        let index = min(viridis.count - 2, Int(position))
        let part = position - Double(index)
        let ends = viridis[index...index + 1].map { Int($0.dropFirst(), radix: 16) ?? 0 }
        let mixed = [16, 8, 0].reduce(0) { colour, shift in
            let (low, high) = (Double(ends[0] >> shift & 255), Double(ends[1] >> shift & 255))
            return colour | Int((low + part * (high - low)).rounded()) << shift
        }
        let digits = String(mixed, radix: 16, uppercase: true)
        return "#" + String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// From blue to red, white at zero, for signed values on a range that is equally long on both sides.
    static let signedGnuplotPalette =
        "set palette defined (-1 '#2166AC', -0.5 '#92C5DE', 0 '#FFFFFF', 0.5 '#F4A582', 1 '#B2182B')\n"

    static var gnuplotPalette: String {
        let stops = viridis.enumerated().map { "\($0.offset) '\($0.element)'" }.joined(separator: ", ")
        return "set palette defined (\(stops))\n"
    }
}
