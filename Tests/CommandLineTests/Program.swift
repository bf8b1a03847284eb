import Foundation

/// The `phasemap` program beside the tests.
let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "phasemap")
    .path

/// What a command printed and how it ended.
struct Finished {
    var status: Int32
    var output: String
    var errors: String
}

/// A running `phasemap`, with its output in files so that no pipe fills up.
final class Running {
    private let process = Process()
    private let files: URL

    init(_ arguments: [String], in directory: URL, environment: [String: String] = [:]) throws {
        files = directory.appending(path: "output-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        for name in ["out", "err"] { try Data().write(to: files.appending(path: name)) }
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: files.appending(path: "out"))
        process.standardError = try FileHandle(forWritingTo: files.appending(path: "err"))
        try process.run()
    }

    var identifier: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    func terminate() { process.terminate() }

    func finish() throws -> Finished {
        process.waitUntilExit()
        return Finished(
            status: process.terminationStatus,
            output: try String(contentsOf: files.appending(path: "out"), encoding: .utf8),
            errors: try String(contentsOf: files.appending(path: "err"), encoding: .utf8))
    }

    /// What was printed to the error stream so far.
    var errorsSoFar: String { (try? String(contentsOf: files.appending(path: "err"), encoding: .utf8)) ?? "" }
}

/// A directory that is removed when the test is over.
final class Scratch {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "phasemap-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }

    func run(_ arguments: String...) throws -> Finished { try Running(arguments, in: url).finish() }

    func bytes(_ name: String) throws -> Data { try Data(contentsOf: url.appending(path: name)) }
}

/// The children of a process, and theirs, with their command lines, from /proc.
func descendants(of parent: Int32) -> [(identifier: Int32, command: String)] {
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
    var parents: [Int32: Int32] = [:]
    for identifier in processes {
        guard let stat = try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8),
            let behindName = stat.lastIndex(of: ")")
        else { continue }
        let fields = stat[stat.index(after: behindName)...].split(separator: " ")
        if fields.count > 1, let parent = Int32(fields[1]) { parents[identifier] = parent }
    }
    func isBelow(_ identifier: Int32) -> Bool {
        var current = identifier
        for _ in 0..<64 {
            guard let next = parents[current], next > 1 else { return false }
            if next == parent { return true }
            current = next
        }
        return false
    }
    return processes.sorted().filter(isBelow).map { identifier in
        let raw = (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(identifier)/cmdline"))) ?? Data()
        return (identifier, String(decoding: raw.map { $0 == 0 ? UInt8(ascii: " ") : $0 }, as: UTF8.self))
    }
}
