import Cluster
import Foundation
import Scheduling
import SweepGrid
import Testing

@Suite struct WireTests {
    @Test func everyWorkerMessageComesBackUnchanged() throws {
        for (name, frame) in ExampleMessages.worker {
            #expect(try WorkerFrame(parts: frame.parts[...]) == frame, "\(name)")
        }
    }

    @Test func everyCoordinatorMessageComesBackUnchanged() throws {
        for (name, frame) in ExampleMessages.coordinator {
            #expect(try CoordinatorFrame(parts: frame.parts[...]) == frame, "\(name)")
        }
    }

    /// The bytes of protocol version 1, as an older program sends them.
    @Test func theFramesAreTheRecordedOnes() throws {
        let lines =
            ExampleMessages.worker.map { "worker/\($0): \(hexadecimal($1.parts))" }
            + ExampleMessages.coordinator.map { "coordinator/\($0): \(hexadecimal($1.parts))" }
        try expectGolden("frames-v1.txt", lines.joined(separator: "\n") + "\n")
    }

    @Test func theLargestLeaseStaysBelowItsLimit() {
        let runs = (0..<4096).map { TaskRun((1 << 31) - 1 - 2 * $0..<(1 << 31) - 2 * $0, attempt: 1 << 30) }
        let lease = CoordinatorMessage.lease(Lease(LeaseID(.max), to: WorkerID(.max), runs: runs))
        let frame = CoordinatorFrame.session(
            CoordinatorEnvelope(worker: WorkerID(1), sequence: .max, acknowledged: .max, lease))
        #expect(frame.parts.reduce(0) { $0 + $1.count } <= 256 << 10)
    }

    @Test func theRefusalOfBytesNamesItsCause() throws {
        let good = ExampleMessages.worker[1].1.parts
        func error(_ parts: [[UInt8]]) -> WireError? {
            #expect(throws: WireError.self) { try WorkerFrame(parts: parts[...]) }
        }
        #expect(error([]) == .parts(0))
        #expect(error([good[0]]) == .parts(1))
        #expect(error(good + [[]]) == .parts(3))
        #expect(error([Array("GET / ".utf8), good[1]]) == .notOurs)
        #expect(error([Array("PHMP".utf8) + [0, 9], good[1]]) == .version(9))
        #expect(error([Array("PHMP".utf8) + [1, 2]]) == .version(258))
        #expect(error([good[0], []]) == .unknownMessage)
        #expect(error([good[0], good[1].dropLast()]) == .damaged)
        #expect(error([good[0], [0xFF, 0xFF, 0xFF]]) == .damaged)
        #expect(
            error([good[0], [UInt8](repeating: 0, count: WireFormat.workerMessageLimit + 1)])
                == .size(WireFormat.workerMessageLimit + 1, limit: WireFormat.workerMessageLimit))
        // Field 99 of the message, empty: what a later version might send.
        #expect(error([good[0], [0x9A, 0x06, 0x00]]) == .unknownMessage)
        // Field 13 as a message, which it is in the other direction only.
        #expect(error([good[0], [0x6A, 0x00]]) == .unknownMessage)
    }

    @Test func impossibleValuesAreRefusedByTheNameOfTheirField() throws {
        let header = ExampleMessages.worker[0].1.parts[0]
        func error(_ body: [UInt8]) -> WireError? {
            #expect(throws: WireError.self) { try WorkerFrame(parts: [header, body]) }
        }
        // finished { first: [1] } without counts; finished { first: [1] count: [0] attempt: [1] nanoseconds: [1] }
        #expect(error([0x72, 3, 0x0A, 1, 1]) == .value(field: "finished"))
        #expect(
            error([0x72, 12, 0x0A, 1, 1, 0x12, 1, 0, 0x1A, 1, 1, 0x22, 1, 1]) == .value(field: "finished"))
        // hello { build: one byte }; failed { task: 1 attempt: 1 kind: 77 }
        #expect(error([0x52, 3, 0x1A, 1, 1]) == .value(field: "hello.build"))
        #expect(error([0x7A, 6, 0x08, 1, 0x10, 1, 0x18, 77]) == .value(field: "failed.kind"))
    }

    /// A sentence and the last fifty lines of a slot that died come as they are.
    @Test func theLastFiftyLinesOfASlotGoOverTheWire() throws {
        let lines = (10..<60).map { "\n\($0) " + String(repeating: "x", count: 397) }
        let failure = AttemptFailure(task: 7, attempt: 2, .crash, message: "it died" + lines.joined())
        let envelope = WorkerEnvelope(worker: WorkerID(1), sequence: 1, acknowledged: 0, .failed(failure))
        #expect(try WorkerFrame(parts: WorkerFrame.session(envelope).parts[...]) == .session(envelope))
        let long = AttemptFailure(task: 7, attempt: 2, .crash, message: String(repeating: "x", count: 1 << 20))
        let other = WorkerEnvelope(worker: WorkerID(1), sequence: 1, acknowledged: 0, .failed(long))
        guard case .session(let cut) = try WorkerFrame(parts: WorkerFrame.session(other).parts[...]),
            case .failed(let come) = cut.message
        else {
            Issue.record("the message came back as another one")
            return
        }
        #expect(come.message.utf8.count == AttemptFailure.messageLimit)
    }

    /// Scenario 35: a few bytes must not name so many tasks that looking at each of them takes minutes.
    @Test func listsOfMoreTasksThanARunCanHaveAreRefused() {
        let range = 0..<1 << 30
        let run = TaskRun(range, attempt: 1)
        let messages: [(String, WorkerMessage)] = [
            ("finished", .finished(Array(repeating: FinishedRun(run, duration: .seconds(1)), count: 3))),
            ("returned.tasks", .returned(LeaseID(1), tasks: [range, range, range])),
            ("results_lost.tasks", .resultsLost(tasks: [range, range, range], reason: "x")),
        ]
        for (field, message) in messages {
            let frame = WorkerFrame.session(
                WorkerEnvelope(worker: WorkerID(1), sequence: 1, acknowledged: 0, message))
            let error = #expect(throws: WireError.self) { try WorkerFrame(parts: frame.parts[...]) }
            #expect(error == .value(field: field))
        }
    }

    @Test func longTextsAreCut() throws {
        let long = String(repeating: "é", count: 10_000)
        let frame = WorkerFrame.session(
            WorkerEnvelope(worker: nil, sequence: 0, acknowledged: 0, .draining(reason: long)))
        guard case .session(let envelope) = try WorkerFrame(parts: frame.parts[...]),
            case .draining(let reason) = envelope.message
        else {
            Issue.record("the message came back as another one")
            return
        }
        #expect(reason.utf8.count <= WireFormat.textLimit)
        #expect(reason.hasSuffix("..."))
    }
}

private func hexadecimal(_ parts: [[UInt8]]) -> String {
    parts.map { $0.map { String(format: "%02x", $0) }.joined() }.joined(separator: " ")
}
