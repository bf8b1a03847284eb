import Foundation

/// The asymptotic probability of a distance as large as that of two samples from one law; ties make it conservative.
func kolmogorovSmirnov(_ first: [Double], _ second: [Double]) -> Double {
    let a = first.sorted()
    let b = second.sorted()
    var distance = 0.0
    for value in a + b {
        let below = { (sorted: [Double]) in
            Double(sorted.partitioningIndex { $0 > value }) / Double(sorted.count)
        }
        distance = max(distance, abs(below(a) - below(b)))
    }
    let size = Double(a.count * b.count) / Double(a.count + b.count)
    let scaled = distance * size.squareRoot()
    guard scaled > 0.2 else { return 1 }
    var sum = 0.0
    for term in 1...100 {
        let part = exp(-2 * Double(term * term) * scaled * scaled)
        sum += term % 2 == 1 ? part : -part
    }
    return 2 * sum
}

extension Array {
    /// The first index whose element fulfils a condition that holds from somewhere on.
    fileprivate func partitioningIndex(where isSecond: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isSecond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
