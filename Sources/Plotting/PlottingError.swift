/// A figure that could not be drawn: which one, why, and what to do next.
package struct PlottingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The figure's name.
    package let figure: String
    package let problem: String
    package let advice: String

    package var description: String {
        "figure '\(figure)' cannot be drawn: \(problem)" + (advice.isEmpty ? "" : " (\(advice))")
    }
}
