import Scheduling
import SweepGrid
import Testing

struct TaskSetTests {
    @Test func aSetAgreesWithAnOrdinarySetOnRandomOperations() {
        var stream = RandomStream(key: 1, highCounter: 1)
        for _ in 0..<50 {
            var set = TaskSet()
            var model: Set<Int> = []
            for _ in 0..<80 {
                let lower = Int.random(in: 0..<40, using: &stream)
                let range = lower..<lower + Int.random(in: 0..<10, using: &stream)
                let before = model.count
                if Bool.random(using: &stream) {
                    model.formUnion(range)
                    expect(set.insert(range), is: model.count - before)
                } else {
                    model.subtract(range)
                    expect(set.remove(range), is: before - model.count)
                }
                #expect(set.ranges.flatMap { Array($0) } == model.sorted())
                #expect(set.count == model.count)
                #expect(set.contains(lower) == model.contains(lower))
                #expect(set.intersection(range).flatMap { Array($0) } == model.filter(range.contains).sorted())
                #expect(set.prefix(5).flatMap { Array($0) } == Array(model.sorted().prefix(5)))
                #expect(zip(set.ranges, set.ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
            }
        }
    }
}
