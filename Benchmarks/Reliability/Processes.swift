import Foundation
import Synchronization

/// What a process wrote so far.
private final class Words: Sendable {
    let all = Mutex("")
}

/// A started process of this very program, with the lines that it writes and what it uses.
final class Started {
    /// What a process and its children have used.
    struct Use {
        var seconds = 0.0
        /// Peak resident memory of the process itself.
        var megabytes = 0.0
        /// Processor time of the process and its children.
        var processor = 0.0
    }

    let process = Process()
    private let start = now()
    private let pipe = Pipe()
    private let text = Words()
    private var processor: [Int32: Double] = [:]
    private(set) var use = Use()

    init(_ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardError = pipe
        process.standardOutput = pipe
        pipe.fileHandleForReading.readabilityHandler = { [text] handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            text.all.withLock { $0 += String(decoding: data, as: UTF8.self) }
        }
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    var id: Int32 { process.processIdentifier }

    /// What the process wrote.
    var words: String { text.all.withLock { $0 } }

    /// Waits until the process writes something; returns what follows it on its line.
    func line(after phrase: String, patience: Double = 60) throws -> String {
        let end = now() + patience
        while now() < end {
            let words = words
            if let range = words.range(of: phrase), let stop = words[range.upperBound...].firstIndex(of: "\n") {
                return String(words[range.upperBound..<stop]).trimmingCharacters(in: .whitespaces)
            }
            guard process.isRunning else { break }
            usleep(2000)
        }
        throw BenchmarkFailure("the process did not write '\(phrase)': \(words.suffix(500))")
    }

    /// Waits for the end.
    @discardableResult
    func finish(status: Int32? = 0) throws -> Use {
        while process.isRunning {
            look()
            usleep(40_000)
        }
        use.seconds = now() - start
        if let status, process.terminationStatus != status {
            throw BenchmarkFailure("status \(process.terminationStatus): \(words.suffix(500))")
        }
        return use
    }

    func signal(_ number: Int32) { kill(id, number) }

    /// Reads what the system says of the process and its children.
    func look() {
        for other in [id] + children {
            guard let time = processorTime(of: other) else { continue }
            processor[other] = max(processor[other] ?? 0, time)
        }
        use.processor = processor.values.reduce(0, +)
        if let status = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Double($0) })
        {
            use.megabytes = max(use.megabytes, kilobytes / 1024)
        }
    }

    /// The processes that it started and that live.
    var children: [Int32] {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/task")) ?? []
        return threads.flatMap { thread in
            ((try? String(contentsOfFile: "/proc/\(id)/task/\(thread)/children", encoding: .utf8)) ?? "")
                .split(separator: " ").compactMap { Int32($0) }
        }
    }
}

/// Processor time of all children that have ended, and of theirs, in seconds.
func processorTimeOfChildren() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// Processor time of a process, in seconds; nil when it is gone.
func processorTime(of id: Int32) -> Double? {
    guard let stat = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
        let name = stat.lastIndex(of: ")")
    else { return nil }
    let fields = stat[stat.index(after: name)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
}
