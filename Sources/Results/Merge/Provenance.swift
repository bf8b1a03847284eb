internal import Foundation
internal import HDF5
internal import SweepGrid

/// What merely happened while a phase-diagram file came about: the content of `provenance.json`.
struct Provenance: Codable {
    struct File: Codable {
        var name: String
        var sha256: Digest
    }

    struct Host: Codable {
        var name: String
        var workers: [String]
        var tasks: Int
        var seconds: Double
    }

    struct Shard: Codable {
        var name: String
        var worker: String
        var host: String
        var tasks: Int
        var retried: Int
        var started: String
        var ended: String
        var seconds: Double
        /// The file that its results were moved to when shards were compacted.
        var compactedInto: String?
    }

    struct Refusal: Codable {
        var name: String
        var problem: String
    }

    struct Conflict: Codable {
        var task: Int
        var shards: [String]
    }

    var formatVersion = 1
    var phaseDiagram: File
    var sweep: String
    var design: Digest
    var merged: String
    var tasks: [String: Int]
    var duplicates: Int
    var outsideDesign: Int
    var hosts: [Host]
    var shards: [Shard]
    var refused: [Refusal]
    /// The first hundred; nil where there is none.
    var conflicts: [Conflict]?
    var libraries: [String: String]
    var notes: [String: String]

    init(_ report: MergeReport, run: FrozenRun, notes: [String: String]) {
        phaseDiagram = File(name: report.path.lastComponent, sha256: report.digest)
        sweep = run.sweep
        design = run.design.digest
        merged = Provenance.time(Date().timeIntervalSince1970)
        tasks = Dictionary(
            uniqueKeysWithValues: TaskStatus.allCases.filter { $0 != .notInGrid }.map { ($0.name, report.count($0)) })
        duplicates = report.duplicates
        outsideDesign = report.outside
        shards = report.shards.flatMap { source in
            source.parts.map { part in
                let file = source.path.lastComponent
                return Shard(
                    name: part.name, worker: part.worker, host: part.host, tasks: part.tasks, retried: part.retried,
                    started: Provenance.time(part.started), ended: Provenance.time(part.ended), seconds: part.seconds,
                    compactedInto: part.name == file ? nil : file)
            }
        }
        refused = report.refused.map { Refusal(name: $0.path.lastComponent, problem: $0.problem) }
        if !report.conflicts.isEmpty {
            conflicts = report.conflicts.map {
                Conflict(task: $0.task, shards: [$0.one.path.lastComponent, $0.other.path.lastComponent])
            }
        }
        let parts = report.shards.flatMap(\.parts)
        hosts = Set(parts.map(\.host)).sorted().map { host in
            let own = parts.filter { $0.host == host }
            return Host(
                name: host, workers: Set(own.map(\.worker)).sorted(), tasks: own.reduce(0) { $0 + $1.tasks },
                seconds: own.reduce(0) { $0 + $1.seconds })
        }
        libraries = ["hdf5": libraryVersion()]
        self.notes = notes
    }

    func json() throws(StorageError) -> [UInt8] { try JSON.bytes(of: self, name: "provenance.json") }

    /// ISO 8601 in UTC.
    private static func time(_ seconds: Double) -> String {
        Date(timeIntervalSince1970: seconds.isFinite ? seconds : 0).formatted(.iso8601)
    }
}
