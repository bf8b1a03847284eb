/// Values that a user chooses among those of an axis: one item of what may stand after `--set`, and an interval of reals.
///
/// A range is never spelled out, so that it costs nothing however long it is.
package struct AxisSelection: Hashable, Sendable {
    private enum Choice: Hashable, Sendable {
        case values(Set<Value>)
        case integers(AxisText.IntegerRange)
        case reals(ClosedRange<Double>)
    }

    /// As the user wrote it.
    package let text: String
    private let choice: Choice

    /// Reads `6`, `2...15`, `2...30:4`, `0.1...0.5`, `pca`, `linear(0,1,5)` or `geometric(1,100,3)`.
    ///
    /// - Throws: `AxisText.Mistake` when an axis of this kind has no values of that form.
    package init(_ text: String, kind: Value.Kind) throws(AxisText.Mistake) {
        self.text = text
        if kind == .integer, let range = try AxisText.range(text) {
            choice = .integers(range)
        } else if kind == .real, let interval = try AxisText.interval(text) {
            choice = .reals(interval)
        } else {
            choice = .values(Set(try AxisText.item(text, kind: kind)))
        }
    }

    /// Whether a value is among the chosen ones.
    package func contains(_ value: Value) -> Bool {
        switch (choice, value) {
        case (.values(let values), _): values.contains(value)
        case (.integers(let range), .integer(let integer)): range.contains(integer)
        case (.reals(let interval), .real(let real)): interval.contains(real)
        default: false
        }
    }
}
