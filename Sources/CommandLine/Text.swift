import Foundation

/// A duration for people: `42 s`, `12 min`, `3.5 h`, `2.1 days`.
func durationText(_ seconds: Double) -> String {
    switch seconds {
    case ..<0.0995: String(format: "%.2g ms", seconds * 1e3)
    case ..<9.95: String(format: "%.1f s", seconds)
    case ..<99.5: String(format: "%.0f s", seconds)
    case ..<5970: String(format: "%.0f min", seconds / 60)
    case ..<172_800: String(format: "%.1f h", seconds / 3600)
    default: String(format: "%.1f days", seconds / 86_400)
    }
}

/// A number for people, to six digits.
func rounded(_ number: Double) -> String { String(format: "%.6g", number) }

/// An integer with thin groups of three digits: `5 880`.
func grouped(_ integer: Int) -> String {
    var digits = String(integer.magnitude)
    var groups: [Substring] = []
    while digits.count > 3 {
        groups.insert(digits.suffix(3), at: 0)
        digits = String(digits.dropLast(3))
    }
    groups.insert(digits[...], at: 0)
    return (integer < 0 ? "-" : "") + groups.joined(separator: " ")
}

/// `1 point`, `5 880 tasks`.
func counted(_ count: Int, _ noun: String) -> String { "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")" }

/// Rows in columns, the first row being the head; numbers to the right, text to the left.
func table(_ rows: [[String]], indent: String = "") -> String {
    guard let columns = rows.map(\.count).max() else { return "" }
    let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    let isNumeric = (0..<columns).map { column in
        rows.dropFirst().allSatisfy { column >= $0.count || Double($0[column].filter { $0 != " " }) != nil }
    }
    return rows.map { row in
        let cells = row.enumerated().map { column, text in
            let padding = String(repeating: " ", count: widths[column] - text.count)
            return isNumeric[column] ? padding + text : text + padding
        }
        var line = indent + cells.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }.joined(separator: "\n")
}

/// A curve as one line of block characters, at most 60 of them.
func sparkline(_ values: [Double]) -> String {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return "" }
    let blocks = Array("▁▂▃▄▅▆▇█")
    let stride = max(1, (values.count + 59) / 60)
    return String(
        Swift.stride(from: 0, to: values.count, by: stride).map { index -> Character in
            guard values[index].isFinite else { return " " }
            guard high > low else { return blocks[0] }
            return blocks[min(7, Int((values[index] - low) / (high - low) * 8))]
        })
}
