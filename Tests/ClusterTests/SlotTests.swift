import Scheduling
import SweepGrid
import Testing

@testable import Cluster

/// The language between an agent and its slots.
@Suite struct SlotTests {
    private func written(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter()
        write(&writer)
        return writer.bytes
    }

    private func orders(_ bytes: [UInt8]) -> [SlotOrder?] {
        bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            var orders: [SlotOrder?] = []
            while let frame = reader.takeFrame() { orders.append(SlotOrder(frame)) }
            return orders
        }
    }

    @Test func ordersComeBackUnchangedAndAPartOfOneWaits() {
        let sent: [SlotOrder] = [
            .open("/tmp/run.json", checkpointInterval: .milliseconds(1_500)),
            .restore(task: 5, SHA256.hash([1])),
            .compute([TaskRun(3..<9, attempt: 2), TaskRun(100..<101, attempt: 1)]),
            .interrupt(task: 400_000), .stop,
            .cancel([TaskRun(4..<5, attempt: 2)]), .stop,
        ]
        let bytes = written { writer in sent.forEach { $0.write(to: &writer) } }
        #expect(orders(bytes) == sent)
        #expect(orders(bytes.dropLast()) == Array(sent.dropLast()))
    }

    @Test func aSkippedTaskComesBack() {
        let bytes = written { writer in SlotAnswer.skipped(task: 12).write(to: &writer) }
        let answer = bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            return reader.takeFrame().flatMap { SlotAnswer($0) }
        }
        guard case .skipped(12) = answer else {
            Issue.record("the answer is \(String(describing: answer))")
            return
        }
    }

    @Test func aResultComesBackBitForBit() throws {
        let row = TaskRow(
            task: 7, attempt: 3, started: 1e9, nanoseconds: 12,
            result: TaskResult(status: .ok, values: [-0.0, .infinity, .leastNonzeroMagnitude], lengths: [2, 0]))
        let bytes = written { writer in SlotAnswer.result(row).write(to: &writer) }
        let answer = bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            return reader.takeFrame().flatMap { SlotAnswer($0) }
        }
        guard case .result(let read) = answer else {
            Issue.record("the answer is no result")
            return
        }
        #expect(read == row)
        #expect(read.result.values.map(\.bitPattern) == row.result.values.map(\.bitPattern))
    }

    @Test func progressAndInterruptionsComeBackUnchanged() {
        let bytes = written { writer in
            SlotAnswer.progress(task: 7, fraction: 0.375).write(to: &writer)
            SlotAnswer.interrupted(task: 8).write(to: &writer)
            SlotAnswer.checkpoint(task: 9, SHA256.hash([9]), byteCount: 1_000).write(to: &writer)
        }
        let answers = bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            var answers: [String] = []
            while let frame = reader.takeFrame() { answers.append("\(SlotAnswer(frame) as SlotAnswer?)") }
            return answers
        }
        #expect(
            answers == [
                "\(SlotAnswer.progress(task: 7, fraction: 0.375) as SlotAnswer?)",
                "\(SlotAnswer.interrupted(task: 8) as SlotAnswer?)",
                "\(SlotAnswer.checkpoint(task: 9, SHA256.hash([9]), byteCount: 1_000) as SlotAnswer?)",
            ])
    }

    @Test func damagedFramesAreNothing() {
        let row = TaskRow(
            task: 7, attempt: 3, started: 1e9, nanoseconds: 12,
            result: TaskResult(status: .ok, values: [1, 2], lengths: [2]))
        let frame = Array(written { writer in SlotAnswer.result(row).write(to: &writer) }.dropFirst(4))
        for count in 0..<frame.count {
            #expect(frame[..<count].withUnsafeBytes { SlotAnswer($0) } == nil)
        }
        #expect([UInt8(9)].withUnsafeBytes { SlotOrder($0) } == nil)
        #expect([UInt8(2), 1, 2].withUnsafeBytes { SlotOrder($0) } == nil)
    }

    @Test func theSharedWordSaysWhatIsComputed() throws {
        let page = Announcement.makePage()
        let slot = try #require(Announcement(fileDescriptor: page))
        let agent = try #require(Announcement(fileDescriptor: page))
        #expect(agent.current == nil)
        slot.current = (0, 1)
        #expect(try #require(agent.current) == (0, 1))
        // The same task again: another attempt tells it apart.
        slot.current = (999_999, 2)
        #expect(try #require(agent.current) == (999_999, 2))
        slot.current = nil
        #expect(agent.current == nil)
    }
}
