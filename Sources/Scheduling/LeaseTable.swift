/// The leases of a run with tasks that are not settled: 16 bytes each where their numbers follow each other.
///
/// A run of short tasks may have a hundred thousand at once, which workers have computed and not yet delivered. Leases are
/// numbered as they are granted and end in about that order, so they stand in pages of consecutive numbers; a page
/// comes with its first lease and goes with its last.
package struct LeaseTable: Equatable, Sendable {
    /// A lease with tasks that are not settled; without open tasks there is none.
    private struct Entry: Equatable, Sendable {
        var worker = WorkerID(0)
        /// Tasks that still belong to the lease.
        var open: UInt32 = 0
        /// The first tasks; nearly every lease has no others.
        var first: Range<UInt32> = 0..<0
    }

    /// Doubled: a lease far from all others takes twice the memory. Halved: the table of pages is twice as large.
    private static let pageSize: UInt32 = 32

    /// The leases of consecutive numbers.
    private struct Page: Equatable, Sendable {
        var entries = [Entry](repeating: Entry(), count: Int(LeaseTable.pageSize))
        var count = 0
    }

    private var pages: [UInt32: Page] = [:]
    /// What leases hold beyond their first tasks.
    private var further: [LeaseID: [Range<UInt32>]] = [:]

    package init() {}

    /// The page of a lease, and its place there.
    private static func position(_ lease: LeaseID) -> (page: UInt32, place: Int) {
        (lease.number / pageSize, Int(lease.number % pageSize))
    }

    private func entry(_ lease: LeaseID) -> Entry? {
        let (page, place) = Self.position(lease)
        guard let entry = pages[page]?.entries[place], entry.open > 0 else { return nil }
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

    /// Adds a lease with `open` open tasks; whatever it names beyond the tasks that exist is left out.
    package mutating func add(_ lease: Lease, among existing: Range<Int>, open: Int) {
        var ranges = lease.runs.lazy.map { $0.tasks.clamped(to: existing) }.filter { !$0.isEmpty }
            .map { UInt32($0.lowerBound)..<UInt32($0.upperBound) }.makeIterator()
        guard open > 0, !contains(lease.id), let first = ranges.next() else { return }
        let others = Array(IteratorSequence(ranges))
        if !others.isEmpty { further[lease.id] = others }
        let (page, place) = Self.position(lease.id)
        pages[page, default: Page()].count += 1
        pages[page]?.entries[place] = Entry(worker: lease.worker, open: UInt32(clamping: open), first: first)
    }

    /// Takes so many open tasks out of a lease, and the lease with its last one; returns whether that is gone.
    package mutating func remove(_ count: Int, from lease: LeaseID) -> Bool {
        let (page, place) = Self.position(lease)
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
                found[LeaseID(page * Self.pageSize + UInt32(place))] = Int(entry.open)
            }
        }
        return found
    }

    /// Whether every page has as many leases as it says, and at least one, and nothing is kept of leases that are over.
    package var isConsistent: Bool {
        pages.values.allSatisfy { page in page.count > 0 && page.entries.count { $0.open > 0 } == page.count }
            && further.keys.allSatisfy { contains($0) }
    }
}
