internal import Foundation
public import SweepGrid

/// The directory of a run and the names of what stands in it.
public struct RunDirectory: Hashable, Sendable {
    /// The directory, without a slash at its end.
    public let path: String

    /// Names a directory; nothing is read yet.
    public init(_ path: String) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// The frozen sweep.
    public var runFile: String { path + "/run.json" }
    /// Committed shards.
    public var shards: String { path + "/shards" }
    /// The merged file.
    public var phaseDiagram: String { path + "/phase-diagram.h5" }
    /// What merely happened while the merged file came about.
    package var provenance: String { path + "/provenance.json" }
    /// Scripts and data of the pictures.
    package var figures: String { path + "/figures" }
    /// The log of facts.
    package var journal: String { path + "/journal.sqlite" }
    /// Checkpoints of unfinished tasks.
    package var checkpoints: String { path + "/checkpoints" }
    /// Shards that were refused.
    package var quarantine: String { path + "/quarantine" }

    /// Where a picture of a figure stands; `kind` is `svg`, `pdf` or `png`.
    package func picture(_ figure: String, kind: String) -> String { "\(path)/\(figure).\(kind)" }

    /// Reads the frozen sweep.
    ///
    /// - Throws: `StorageError` naming the file and what is wrong with it: missing, no JSON, another version, unsound.
    public func readRun() throws(StorageError) -> FrozenRun {
        guard Disk.exists(runFile) else {
            throw StorageError(path: path, problem: "is not a run directory: it has no run.json")
        }
        let bytes = try Disk.read(runFile, limit: 1 << 30)
        do throws(StorageError) { return try FrozenRun(json: bytes, name: runFile) } catch {
            guard error.advice.isEmpty else { throw error }
            throw StorageError(
                path: error.path, problem: error.problem,
                advice: "put a copy of it back; the same command with another --into writes the same file at its start")
        }
    }

    /// Writes the frozen sweep, durably and in one piece.
    public func write(_ run: FrozenRun) throws(StorageError) {
        try Disk.writeAtomically(try run.json(), to: runFile)
    }

    /// The paths of the committed shards in the order of their names; none when there is no directory of shards yet.
    public func shardPaths() throws(StorageError) -> [String] {
        guard Disk.exists(shards) else { return [] }
        return try Disk.names(in: shards).filter { $0.hasSuffix(".h5") }.map { shards + "/" + $0 }
    }
}

extension FrozenRun {
    /// Reads the text of a `run.json`.
    package init(json bytes: [UInt8], name: String) throws(StorageError) {
        struct Version: Decodable { var formatVersion: Int }
        do {
            let decoder = JSONDecoder()
            let data = Data(bytes)
            let version = try decoder.decode(Version.self, from: data).formatVersion
            guard version == FrozenRun.currentFormatVersion else {
                throw StorageError(
                    path: name, problem: "has format version \(version)",
                    advice:
                        "this program reads version \(FrozenRun.currentFormatVersion); use the release that wrote it")
            }
            self = try decoder.decode(FrozenRun.self, from: data)
            if let defect { throw StorageError(path: name, problem: "is not a frozen run: \(defect)") }
        } catch let error as StorageError {
            throw error
        } catch let error as DecodingError {
            throw StorageError(path: name, problem: "is not a frozen run: \(error.sentence)")
        } catch {
            throw StorageError(path: name, problem: "is not a frozen run: \(error)")
        }
    }

    /// The text of `run.json`: sorted keys, so that equal runs have equal bytes.
    package func json() throws(StorageError) -> [UInt8] {
        try JSON.bytes(of: self, name: "run.json")
    }

    /// Hash of how results are shown; changing it never makes a run another run.
    package var viewHash: Digest {
        get throws(StorageError) { SHA256.hash(try JSON.bytes(of: view, name: "view")) }
    }
}

/// JSON as this project writes it: for people, with sorted keys.
enum JSON {
    static func bytes(of value: some Encodable, name: String) throws(StorageError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(value)) + [10]
        } catch {
            throw StorageError(path: name, problem: "cannot be written as JSON: \(error)")
        }
    }
}

extension DecodingError {
    /// What is wrong and where, in one sentence.
    fileprivate var sentence: String {
        func place(_ context: Context) -> String {
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
            return path.isEmpty ? "" : " at \(path.drop { $0 == "." })"
        }
        switch self {
        case .keyNotFound(let key, let context): return "'\(key.stringValue)' is missing\(place(context))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return context.debugDescription + place(context)
        @unknown default: return "\(self)"
        }
    }
}
