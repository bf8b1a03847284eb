import Testing

@testable import Scheduling

struct InstantTests {
    @Test func arithmeticSaturatesInsteadOfTrapping() {
        #expect(Instant.never + .seconds(1) == .never)
        #expect(Instant(nanoseconds: .min) + .seconds(-1) == Instant(nanoseconds: .min))
        #expect(Instant.zero + .seconds(Int64.max) == .never)
        #expect(Instant.never - Instant(nanoseconds: -1) == .nanoseconds(Int64.max))
        #expect(Instant(nanoseconds: 5) - Instant(nanoseconds: 7) == .nanoseconds(-2))
    }

    @Test func costClassesKeepTheOrderOfCosts() {
        let costs = [0, -1, .nan, 1e-300, 1e-3, 0.5, 1, 1.1, 1.3, 1.5, 1.8, 2, 1e6, 1e12, 1e300, .infinity]
        let classes = costs.map { CostModel.costClass(of: $0) }
        #expect(classes == classes.sorted())
        for quarter in 0..<255 {
            let work = CostModel.work(of: UInt8(quarter))
            #expect(CostModel.costClass(of: work) == UInt8(quarter))
        }
    }

    @Test func theCostModelLearnsTheTimeOfEachClass() {
        var model = CostModel()
        for _ in 0..<50 {
            model.learn(100, count: 10, duration: .milliseconds(20))
            model.learn(120, count: 10, duration: .seconds(10))
        }
        #expect(abs(model.seconds(100) - 0.002) < 0.0005)
        #expect(abs(model.seconds(120) - 1) < 0.2)
        model.learn(100, count: -1, duration: .seconds(1))
        model.learn(100, count: 1, duration: .seconds(-1))
        #expect(abs(model.seconds(100) - 0.002) < 0.0005)
    }
}
