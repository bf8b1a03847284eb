internal import Synchronization
internal import ZeroMQ

/// Events from other threads for a loop thread, which is woken when one comes.
final class EventQueue<Event: Sendable>: Sendable {
    private let events = Mutex<[Event]>([])
    private let wakeUp: WakeUp

    init() throws(ZeroMQError) { wakeUp = try WakeUp() }

    /// What the loop's poller watches.
    var fileDescriptor: Int32 { wakeUp.fileDescriptor }

    /// Adds an event, from any thread.
    func post(_ event: Event) {
        events.withLock { $0.append(event) }
        wakeUp.signal()
    }

    /// Takes all events in the order in which they came.
    func take() -> [Event] {
        wakeUp.reset()
        return events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}
