import Scheduling

/// Things that will happen, by time; what is due at the same time happens in the order in which it was planned.
struct EventQueue<Event> {
    private var heap: [(time: Instant, order: Int, event: Event)] = []
    private var planned = 0

    /// Plans an event.
    mutating func insert(_ event: Event, at time: Instant) {
        planned += 1
        heap.append((time, planned, event))
        var child = heap.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the next event.
    mutating func popFirst() -> (time: Instant, event: Event)? {
        guard let first = heap.first else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(child, least) {
                least = child
            }
            guard least != parent else { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return (first.time, first.event)
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        (heap[left].time, heap[left].order) < (heap[right].time, heap[right].order)
    }
}
