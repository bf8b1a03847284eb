/// The leases of a run with tasks that are not settled, 16 bytes each.
///
/// A run of short tasks may have a hundred thousand at once, which workers have computed and not yet delivered. Leases are
/// numbered as they are granted and end in about that order, so they stand in pages of consecutive numbers; a page
/// goes with its last lease.
package struct LeaseTable: Equatable, Sendable {
    /// A lease with tasks that are not settled; without open tasks there is none.
    private struct Entry: Equatable, Sendable {
        var worker = WorkerID(0)
        /// Tasks that still belong to the lease.
        var open: UInt32 = 0
        /// The first tasks; nearly every lease has no others.
        var first: Range<UInt32> = 0..<0
    }

    /// The leases of 64 consecutive numbers.
    private struct Page: Equatable, Sendable {
        var entries = [Entry](repeating: Entry(), count: 64)
        var count = 0
    }

    private var pages: [UInt32: Page] = [:]
    /// What leases hold beyond their first tasks.
    private var further: [LeaseID: [Range<UInt32>]] = [:]

    package init() {}

    private func entry(_ lease: LeaseID) -> Entry? {
        guard let entry = pages[lease.number / 64]?.entries[Int(lease.number % 64)], entry.open > 0 else { return nil }
        return entry
    }

    /// Whether a lease has tasks that are not settled.
    package func contains(_ lease: LeaseID) -> Bool { entry(lease) != nil }

    /// The worker of a lease.
    package func worker(of lease: LeaseID) -> WorkerID? { entry(lease)?.worker }

    /// The first task of a lease, settled or not.
    package func firstTask(of lease: LeaseID) -> Int? { entry(lease).map { Int($0.first.lowerBound) } }

    /// The tasks that were leased, settled ones included, in the order in which they are computed.
    package func tasks(of lease: LeaseID) -> [Range<Int>] {
        guard let entry = entry(lease) else { return [] }
        return ([entry.first] + (further[lease] ?? [])).map { Int($0.lowerBound)..<Int($0.upperBound) }
    }

    /// Adds a lease of which so many tasks are open; of what it names only the tasks that exist count.
    package mutating func add(_ lease: Lease, among existing: Range<Int>, open: Int) {
        var ranges = lease.runs.lazy.map { $0.tasks.clamped(to: existing) }.filter { !$0.isEmpty }
            .map { UInt32($0.lowerBound)..<UInt32($0.upperBound) }.makeIterator()
        guard open > 0, !contains(lease.id), let first = ranges.next() else { return }
        let others = Array(IteratorSequence(ranges))
        if !others.isEmpty { further[lease.id] = others }
        let page = lease.id.number / 64
        pages[page, default: Page()].count += 1
        pages[page]?.entries[Int(lease.id.number % 64)] = Entry(
            worker: lease.worker, open: UInt32(clamping: open), first: first)
    }

    /// Takes so many open tasks out of a lease, and the lease with its last one; returns whether that is gone.
    package mutating func remove(_ count: Int, from lease: LeaseID) -> Bool {
        let (page, place) = (lease.number / 64, Int(lease.number % 64))
        guard let entry = entry(lease) else { return false }
        guard entry.open <= count else {
            pages[page]?.entries[place].open -= UInt32(count)
            return false
        }
        further[lease] = nil
        pages[page]?.entries[place] = Entry()
        pages[page]?.count -= 1
        if pages[page]?.count == 0 { pages[page] = nil }
        return true
    }

    /// How many tasks each lease has open.
    package var openTasks: [LeaseID: Int] {
        var found: [LeaseID: Int] = [:]
        for (page, content) in pages {
            for (place, entry) in content.entries.enumerated() where entry.open > 0 {
                found[LeaseID(page * 64 + UInt32(place))] = Int(entry.open)
            }
        }
        return found
    }
}
