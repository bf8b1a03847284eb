import Testing

@testable import Scheduling

struct LinkTests {
    /// All losses of up to six transmissions: the messages arrive once and in order as soon as one passes.
    @Test func messagesArriveOnceAndInOrderWhateverIsLost() {
        for losses in 0..<64 {
            var sender = Link<Int>(resendDelay: .seconds(1))
            var receiver = Link<Int>(resendDelay: .seconds(1))
            var got: [Int] = []
            var transmission = 0
            func transmit(_ sequence: UInt64, _ message: Int) {
                defer { transmission += 1 }
                guard transmission >= 6 || losses & (1 << transmission) == 0 else { return }
                if receiver.accept(sequence) { got.append(message) }
            }
            for message in 1...3 { transmit(sender.number(message, at: .zero), message) }
            var now = Instant.zero
            while got.count < 3 {
                now = now + .seconds(1)
                sender.acknowledge(receiver.received, at: now)
                for (sequence, message) in sender.due(at: now + .seconds(1)) { transmit(sequence, message) }
            }
            #expect(got == [1, 2, 3])
            sender.acknowledge(receiver.received, at: now)
            #expect(sender.isSettled)
            #expect(sender.resendAt == nil)
        }
    }

    @Test func anAcknowledgementOfWhatWasNeverSentIsIgnored() {
        var link = Link<Int>(resendDelay: .seconds(1))
        _ = link.number(1, at: .zero)
        link.acknowledge(7, at: .zero)
        #expect(!link.isSettled)
        expect(link.accept(0), is: true)
        expect(link.accept(2), is: false)
        expect(link.accept(1), is: true)
        expect(link.accept(1), is: false)
    }
}
