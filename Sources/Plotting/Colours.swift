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
        return (0..<count).map { viridis[min(9, $0 * 10 / count)] }
    }

    static var gnuplotPalette: String {
        let stops = viridis.enumerated().map { "\($0.offset) '\($0.element)'" }.joined(separator: ", ")
        return "set palette defined (\(stops))\n"
    }
}
