/// The name nearest to a misspelt one, by the number of edits; nil when none is near.
public func nearestName(to name: String, among names: [String]) -> String? {
    let ranked = names.map { (name: $0, distance: editDistance(name.lowercased(), $0.lowercased())) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(2, name.count / 2) ? best.name : nil
}

/// "; did you mean 'x'?" with the nearest name, or the list of all names when none is near.
public func suggestion(for name: String, among names: [String]) -> String {
    if let nearest = nearestName(to: name, among: names) { return "; did you mean '\(nearest)'?" }
    return names.isEmpty ? "" : "; there are \(names.map { "'\($0)'" }.joined(separator: ", "))"
}

/// Levenshtein's distance; quadratic in the lengths.
private func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left.prefix(100))
    let right = Array(right.prefix(100))
    var row = Array(0...right.count)
    for (i, character) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in right.enumerated() {
            let substituted = diagonal + (character == other ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
        }
    }
    return row[right.count]
}
