package import Scheduling
package import SweepGrid

/// One row of the journal.
package struct JournalRecord: Hashable, Sendable {
    /// What a row says.
    package enum Content: Hashable, Sendable {
        /// Something the scheduler decided or learnt for good.
        case fact(Fact)
        /// A coordinator opened the journal to go on with the run.
        case session(JournalSession)
        /// Where an admitted worker runs.
        case worker(JournalWorker)
    }

    /// The number of the row, from 1 without gaps.
    package let sequence: Int
    /// The run time at which it was recorded; it never falls from one row to the next.
    package let instant: Instant
    /// Milliseconds of Unix time, for people only.
    package let wallTime: Int
    /// What happened.
    package let content: Content

    /// The fact of the row; nil for rows that nothing depends on.
    package var fact: Fact? { if case .fact(let fact) = content { fact } else { nil } }
}

/// The start of a coordinator on a run: who continued it with which build.
package struct JournalSession: Hashable, Sendable {
    /// The SHA-256 of the executable.
    package let build: Digest
    /// The host it runs on.
    package let host: String

    package init(build: Digest, host: String) {
        self.build = build
        self.host = host
    }
}

/// Where a worker runs, for people: the scheduler needs to know only of hosts on which tasks fail.
package struct JournalWorker: Hashable, Sendable {
    /// The number under which it was admitted; the row stands before that fact.
    package let worker: WorkerID
    /// The SHA-256 of its executable.
    package let build: Digest
    /// The host's name.
    package let host: String

    package init(_ worker: WorkerID, build: Digest, host: String) {
        self.worker = worker
        self.build = build
        self.host = host
    }
}

extension JournalRecord.Content {
    /// The number of the kind: facts have 1 to 63, other rows 64 and above.
    var kind: UInt8 {
        switch self {
        case .fact(let fact): fact.code
        case .session: 64
        case .worker: 65
        }
    }

    var body: [UInt8] {
        switch self {
        case .fact(let fact):
            return fact.body
        case .session(let session):
            var writer = FactWriter()
            writer.putRaw(session.build.bytes)
            writer.put(session.host)
            return writer.bytes
        case .worker(let worker):
            var writer = FactWriter()
            writer.put(UInt64(worker.worker.number))
            writer.putRaw(worker.build.bytes)
            writer.put(worker.host)
            return writer.bytes
        }
    }

    /// Reads the body of a row; nil when the kind is not one of this release.
    init?(kind: UInt8, body: [UInt8]) throws(FactDefect) {
        if kind == 64 {
            var reader = FactReader(body)
            let session = JournalSession(build: try reader.digest(), host: try reader.text())
            try reader.end()
            self = .session(session)
        } else if kind == 65 {
            var reader = FactReader(body)
            let number = WorkerID(try reader.number32())
            let worker = JournalWorker(number, build: try reader.digest(), host: try reader.text())
            try reader.end()
            self = .worker(worker)
        } else {
            guard let fact = try Fact(kind: kind, body: body) else { return nil }
            self = .fact(fact)
        }
    }
}

/// The end of a chain of rows: what the next one builds on.
package struct ChainEnd: Hashable, Sendable {
    /// The number of the last row, 0 before the first.
    package private(set) var sequence = 0
    /// The run time of the last row, from which a resumed run continues.
    package private(set) var instant = Instant.zero
    /// The hash of the last row; of the header before the first.
    package private(set) var hash: Digest

    /// The chain of a journal without rows: SHA-256 of the format's name, its version and the design hash.
    init(formatVersion: Int, design: Digest) {
        var bytes = Array("phasemap journal".utf8)
        ChainEnd.append(formatVersion, to: &bytes)
        hash = SHA256.hash(bytes + design.bytes)
    }

    /// Makes a row the last one; returns its hash: SHA-256 of the hash before it and all its columns.
    @discardableResult
    mutating func extend(instant: Instant, wallTime: Int, kind: UInt8, body: [UInt8]) -> Digest {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(57 + body.count)
        bytes.append(contentsOf: hash.bytes)
        for number in [sequence + 1, Int(instant.nanoseconds), wallTime] { ChainEnd.append(number, to: &bytes) }
        bytes.append(kind)
        bytes.append(contentsOf: body)
        hash = SHA256.hash(bytes)
        sequence += 1
        self.instant = instant
        return hash
    }

    /// Eight bytes, the highest first.
    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}
