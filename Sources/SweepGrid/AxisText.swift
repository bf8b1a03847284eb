/// Axis values as a user writes them after `--set`: `2...15`, `2...30:4`, `pca,denoiser`, `0,0.1`,
/// `linear(0,1,5)`, `geometric(4,400,20)`, and any of these joined by commas.
package enum AxisText {
    /// A mistake in the text, as the end of a sentence.
    package struct Mistake: Error { package let description: String }

    /// Integers from a first to a last one in equal steps.
    struct IntegerRange: Hashable, Sendable {
        let ends: ClosedRange<Int>
        let step: Int

        var values: [Int] { Array(stride(from: ends.lowerBound, through: ends.upperBound, by: step)) }

        func contains(_ integer: Int) -> Bool {
            ends.contains(integer) && (integer - ends.lowerBound) % step == 0
        }
    }

    /// The most values that a text may stand for.
    static var largestCount: Int { Design.largestPointCount }

    /// The values that `text` stands for.
    static func values(of text: String, kind: Value.Kind) throws(Mistake) -> [Value] {
        var values: [Value] = []
        for item in items(of: text) {
            values += try Self.item(item, kind: kind)
            guard values.count <= largestCount else {
                throw Mistake(description: "has more than \(largestCount) values")
            }
        }
        return values
    }

    /// The text cut at the commas that stand outside parentheses.
    package static func items(of text: String) -> [String] {
        var items: [String] = [""]
        var depth = 0
        for character in text {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ",", depth == 0 { items.append("") } else { items[items.count - 1].append(character) }
        }
        return items.map { trimmed($0) }
    }

    /// The values of what stands between two commas.
    static func item(_ item: String, kind: Value.Kind) throws(Mistake) -> [Value] {
        switch kind {
        case .text:
            guard !item.isEmpty else { throw Mistake(description: "has an empty value") }
            return [.text(item)]
        case .boolean:
            guard let boolean = Bool(item) else {
                throw Mistake(description: "has '\(item)', which is not true or false")
            }
            return [boolean.value]
        case .integer:
            if let (name, numbers) = try call(item) {
                let (first, last, count) = try ends(numbers, of: name)
                guard name == "geometric" else {
                    throw Mistake(description: "has \(name)(...), which is for real axes: write first...last:step")
                }
                guard abs(first) < 0x1p53, abs(last) < 0x1p53 else {
                    throw Mistake(description: "has ends out of range")
                }
                return geometric(Int(first), Int(last), count: count).map(\.value)
            }
            if let range = try range(item) { return range.values.map(\.value) }
            guard let integer = Int(item) else { throw Mistake(description: "has '\(item)', which is not an integer") }
            return [integer.value]
        case .real:
            if let (name, numbers) = try call(item) {
                let (first, last, count) = try ends(numbers, of: name)
                let reals = name == "linear" ? linear(first, last, count: count) : geometric(first, last, count: count)
                return reals.map(\.value)
            }
            guard let real = Double(item), real.isFinite else {
                throw Mistake(description: "has '\(item)', which is not a number")
            }
            return [real.value]
        }
    }

    /// `first...last` or `first...last:step`; nil when the item has no dots.
    static func range(_ item: String) throws(Mistake) -> IntegerRange? {
        guard let dots = firstRange(of: "...", in: item) else { return nil }
        let rest = item[dots.upperBound...].split(separator: ":", omittingEmptySubsequences: false)
        let numbers = [trimmed(String(item[..<dots.lowerBound]))] + rest.map { trimmed(String($0)) }
        let integers = numbers.compactMap { Int($0) }
        guard integers.count == numbers.count, (2...3).contains(integers.count) else {
            throw Mistake(description: "has '\(item)': write first...last or first...last:step with integers")
        }
        let step = integers.count == 3 ? integers[2] : 1
        let (span, overflow) = integers[1].subtractingReportingOverflow(integers[0])
        guard step > 0, span >= 0, !overflow, span / step < largestCount else {
            throw Mistake(
                description: "has '\(item)', which must ascend in positive steps to at most \(largestCount) values")
        }
        return IntegerRange(ends: integers[0]...integers[1], step: step)
    }

    /// `first...last` of reals, which chooses among values and stands for none; nil when the item has no dots.
    static func interval(_ item: String) throws(Mistake) -> ClosedRange<Double>? {
        guard let dots = firstRange(of: "...", in: item) else { return nil }
        let ends = [item[..<dots.lowerBound], item[dots.upperBound...]].map { Double(trimmed(String($0))) }
        guard let first = ends[0], let last = ends[1], first <= last else {
            throw Mistake(description: "has '\(item)': write first...last with ascending numbers")
        }
        return first...last
    }

    private static func firstRange(of part: String, in text: String) -> Range<String.Index>? {
        var index = text.startIndex
        while index < text.endIndex {
            if text[index...].hasPrefix(part) { return index..<text.index(index, offsetBy: part.count) }
            index = text.index(after: index)
        }
        return nil
    }

    /// `linear(...)` or `geometric(...)` with its numbers; nil when the item has no parenthesis.
    private static func call(_ item: String) throws(Mistake) -> (name: String, numbers: [Double])? {
        guard let open = item.firstIndex(of: "(") else { return nil }
        let name = trimmed(String(item[..<open]))
        guard item.hasSuffix(")"), name == "linear" || name == "geometric" else {
            throw Mistake(description: "has '\(item)': write linear(first,last,count) or geometric(first,last,count)")
        }
        let inside = item[item.index(after: open)...].dropLast()
        let parts = inside.split(separator: ",", omittingEmptySubsequences: false).map { trimmed(String($0)) }
        let numbers = parts.compactMap { Double($0) }.filter(\.isFinite)
        guard numbers.count == parts.count else {
            throw Mistake(description: "has '\(item)', whose parts are not all numbers")
        }
        return (name, numbers)
    }

    private static func ends(
        _ numbers: [Double], of name: String
    ) throws(Mistake) -> (first: Double, last: Double, count: Int) {
        guard numbers.count == 3, let count = Int(exactly: numbers[2]), (1...largestCount).contains(count) else {
            throw Mistake(description: "has \(name)(...), which takes first, last and a count")
        }
        if name == "geometric", numbers[0] <= 0 || numbers[1] <= 0 {
            throw Mistake(description: "has geometric(...), whose ends must be positive")
        }
        return (numbers[0], numbers[1], count)
    }

    private static func trimmed(_ text: String) -> String {
        var part = text[...]
        while part.first?.isWhitespace == true { part = part.dropFirst() }
        while part.last?.isWhitespace == true { part = part.dropLast() }
        return String(part)
    }
}
