import Foundation
import Scheduling
import SweepGrid
import Testing

@testable import Journal

@Suite struct FactCodecTests {
    @Test(arguments: everyFact + controlFacts + failureFacts + storageFacts + conflictFacts)
    func aFactSurvivesEncodingAndDecoding(
        _ fact: Fact
    ) throws {
        #expect(try Fact(kind: fact.code, body: fact.body) == fact)
    }

    @Test func theSamplesHaveEveryKind() {
        #expect(Set(everyFact.map(\.code)) == Set(1...9))
        #expect(Set(controlFacts.map(\.code)) == [11, 12])
        #expect(Set(storageFacts.map(\.code)) == [16])
        #expect(Set(conflictFacts.map(\.code)) == [9, 20])
        #expect(Set(failureFacts.map(\.code)) == [4, 13, 14, 15, 19])
    }

    @Test(arguments: UInt64(0)..<20) func randomFactsSurvive(seed: UInt64) throws {
        var random = RandomStream(key: seed, highCounter: 3)
        for _ in 0..<500 {
            let fact = randomFact(using: &random)
            #expect(try Fact(kind: fact.code, body: fact.body) == fact)
        }
    }

    /// What every later release must write for these facts, byte by byte.
    @Test func theBytesOfEachKindAreThoseOfVersion1() {
        func hexadecimal(_ fact: Fact) -> String {
            ([fact.code] + fact.body).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        let digest = SHA256.hash([1]).description
        #expect(hexadecimal(everyFact[0]) == "01010400")
        #expect(hexadecimal(everyFact[1]) == "0102800102")
        #expect(hexadecimal(everyFact[3]) == "02010203f80a03f30a01000002d80400")
        #expect(hexadecimal(everyFact[5]) == "030102fa0a02ef0a01".replacing("ef0a", with: "f30a"))
        #expect(hexadecimal(everyFact[7]) == "0412040401ffffffffffffff7f00")
        #expect(hexadecimal(everyFact[8]) == "0502")
        #expect(hexadecimal(everyFact[9]) == "0602")
        #expect(hexadecimal(everyFact[10]) == "0701")
        #expect(
            hexadecimal(everyFact[11])
                == "0802\(digest)0200020a01ffffffffffffffff0000000000000000efcdab8967452301")
        #expect(hexadecimal(failureFacts[0]) == "0dd80402086974206b696c6c73")
        #expect(hexadecimal(failureFacts[1]) == "0ed804096974206b696c6c6564")
        #expect(hexadecimal(failureFacts[2]) == "0f016105000000000000000162010402")
        #expect(hexadecimal(failureFacts[3]) == "1303056e6f646531")
        #expect(hexadecimal(conflictFacts[1]) == "14020e01c80402")
        #expect(
            hexadecimal(everyFact[13])
                == "090e0100000000000000ffffffffffffffff\(SHA256.hash([3]).description)02")
        #expect(
            hexadecimal(controlFacts[0])
                == "0b020004f00a01ffffffffffffffff030b616e6e61406e6f64652d310c7a752074657565723a20cebb")
        #expect(hexadecimal(controlFacts[1]) == "0b00000000000000000000" + "0000")
        #expect(
            hexadecimal(storageFacts[0])
                == "10\(SHA256.hash([9]).description)02\(digest)\(SHA256.hash([2]).description)")
        #expect(hexadecimal(controlFacts[2]) == "0c020401f20a010000000000010000ac02066b6579206d6500")
    }

    /// Every prefix and every changed byte gives a fact or a defect; what is read is written again as the same bytes.
    @Test(arguments: everyFact + controlFacts + failureFacts + storageFacts + conflictFacts)
    func aChangedBodyIsRefusedOrIsAnotherFact(
        _ fact: Fact
    ) {
        let body = fact.body
        for count in 0..<body.count {
            #expect(throws: FactDefect.self) { try Fact(kind: fact.code, body: Array(body.prefix(count))) }
        }
        for index in body.indices {
            for value in UInt8.min...UInt8.max {
                var changed = body
                changed[index] = value
                if let read = try? Fact(kind: fact.code, body: changed) { #expect(read.body == changed) }
            }
        }
        #expect(throws: FactDefect.self) { try Fact(kind: fact.code, body: body + [0]) }
    }

    @Test func aCountOfNothingTakesNoMemory() {
        var writer = FactWriter()
        writer.put(UInt64(1))
        writer.put(UInt64.max)
        #expect(throws: FactDefect(reason: "it counts more than it holds")) { try Fact(kind: 3, body: writer.bytes) }
    }

    @Test func aShardThatNamesMoreTasksThanItHasFingerprintsIsRefused() {
        var writer = FactWriter()
        writer.put(UInt64(1))
        writer.putRaw(design.bytes)
        writer.put([0..<4_000_000_000])
        #expect(throws: FactDefect(reason: "it has not one fingerprint for each task")) {
            try Fact(kind: 8, body: writer.bytes)
        }
    }

    @Test func aKindOfALaterReleaseIsNoDefect() throws {
        #expect(try Fact(kind: 63, body: [1, 2, 3]) == nil)
    }

    private func randomFact(using random: inout RandomStream) -> Fact {
        func number() -> UInt32 {
            UInt32.random(in: 0...(.max >> UInt32.random(in: 0..<32, using: &random)), using: &random)
        }
        func range() -> Range<Int> {
            let start = Int(number())
            return start..<start + Int(number() >> 1)
        }
        func ranges() -> [Range<Int>] { (0..<Int.random(in: 0..<6, using: &random)).map { _ in range() } }
        let worker = WorkerID(number())
        let text = String(
            String.UnicodeScalarView((0..<number() % 50).compactMap { _ in Unicode.Scalar(number() >> 11) }))
        switch Int.random(in: 1...15, using: &random) {
        case 1:
            let replacing = Bool.random(using: &random) ? WorkerID(number()) : nil
            return .workerRegistered(worker, slots: Int(number()), replacing: replacing)
        case 2:
            let runs = ranges().map { TaskRun($0, attempt: Int(number()) - Int(number())) }
            return .leaseGranted(Lease(LeaseID(number()), to: worker, runs: runs))
        case 3: return .leaseReturned(LeaseID(number()), tasks: ranges())
        case 4:
            let failure = AttemptFailure(
                task: Int(number()), attempt: Int(number()),
                FailureClass.allCases.randomElement(using: &random) ?? .error,
                message: text)
            return .attemptFailed(
                failure, worker: worker, retryAt: Instant(nanoseconds: Int64(bitPattern: random.next())))
        case 5: return .workerDrained(worker)
        case 6: return .workerLeft(worker)
        case 7: return .workerLost(worker)
        case 8:
            let tasks = ranges().map { $0.lowerBound..<$0.lowerBound + $0.count % 100 }
            return .shardCommitted(
                ShardContents(
                    digest: SHA256.hash([UInt8(random.next() & 255)]), tasks: tasks,
                    fingerprints: tasks.flatMap { $0 }.map { _ in random.next() }),
                worker: worker)
        case 10: return .taskIsolated(task: Int(number()), Bool.random(using: &random) ? .slot : .worker, reason: text)
        case 11: return .taskQuarantined(task: Int(number()), explanation: text)
        case 12:
            return .hostDrained(
                host: text, until: Instant(nanoseconds: Int64(bitPattern: random.next())), reason: text,
                pardoned: ranges())
        case 13: return .workerNamed(worker, host: text)
        case 14: return .conflictsVoid(tasks: ranges())
        case 9:
            let origin = ControlOrigin(
                RequestID(client: random.next(), number: random.next()), who: "λ \(number())", reason: "\(number())")
            return Bool.random(using: &random)
                ? .tasksCancelled(tasks: ranges(), origin) : .tasksRetried(tasks: ranges(), origin)
        default:
            return .resultConflict(
                task: Int(number()), committed: random.next(), other: random.next(), shard: design, worker: worker)
        }
    }
}
