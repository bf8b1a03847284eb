internal import Glibc
import Scheduling
internal import SweepGrid

/// An agent's end of one slot: the child process, its socket and the word they share.
///
/// Nothing here blocks: orders that the socket does not take wait, answers are read as they come.
final class SlotProcess {
    /// The agent's end of the socket pair.
    let fileDescriptor: Int32
    /// The task that was last reported as started or finished, so that it is not reported twice.
    var reported: (task: Int, attempt: Int)?

    /// What the process prints.
    let output: SlotOutput

    private let process: ChildProcess
    private let announcement: Announcement
    private var outgoing: [UInt8] = []
    private var incoming: [UInt8] = []
    private var isOpen = true
    private var end: ProcessEnd?
    /// When it was last looked whether the process has ended, although its socket is open.
    private var checkedAt: UInt64 = 0

    /// Starts a slot that will read the frozen run at `runPath`.
    ///
    /// - Parameters:
    ///   - environment: decides the arithmetic; see `SlotEnvironment`.
    ///   - log: takes what the process prints.
    /// - Throws: `ClusterError` when the system refuses a process, a socket, a pipe or a page.
    init(
        program: SlotProgram, environment: [String: String], runPath: String, log: RotatedFile,
        checkpointInterval: Duration = Policy().checkpointInterval
    ) throws(ClusterError) {
        var pair: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else {
            throw ClusterError("no socket pair for a slot: \(reason(errno)); raise the limit of open files (ulimit -n)")
        }
        var pipe: [Int32] = [-1, -1]
        guard Glibc.pipe(&pipe) == 0 else {
            let code = errno
            for file in pair { close(file) }
            throw ClusterError("no pipe for a slot: \(reason(code)); raise the limit of open files (ulimit -n)")
        }
        for file in pipe { _ = fcntl(file, F_SETFD, FD_CLOEXEC) }
        output = SlotOutput(reading: pipe[0], into: log)
        let page = Announcement.makePage()
        defer {
            close(pipe[1])
            close(pair[1])
            if page >= 0 { close(page) }
        }
        guard page >= 0, let announcement = Announcement(fileDescriptor: page) else {
            let code = errno
            close(pair[0])
            throw ClusterError("no shared page for a slot: \(reason(code))")
        }
        var environment = environment
        environment[Slot.agentVariable] = String(getpid())
        do throws(ClusterError) {
            process = try ChildProcess(
                program.path, program.arguments, environment: environment, files: [pair[1], page], output: pipe[1])
        } catch {
            close(pair[0])
            throw error
        }
        fileDescriptor = pair[0]
        self.announcement = announcement
        _ = fcntl(fileDescriptor, F_SETFL, O_NONBLOCK)
        send(.open(runPath, checkpointInterval: checkpointInterval))
    }

    deinit {
        close(fileDescriptor)
        if end == nil {
            process.kill(SIGKILL)
            _ = process.wait()
        }
    }

    /// The number of the process.
    var id: Int32 { process.id }

    /// The task that the slot computes right now, as the slot itself says.
    var current: (task: Int, attempt: Int)? { announcement.current }

    /// Gives an order, now or as soon as the socket takes it.
    func send(_ order: SlotOrder) {
        var writer = ByteWriter()
        order.write(to: &writer)
        outgoing += writer.bytes
        flush()
    }

    /// Sends what waits.
    func flush() {
        while !outgoing.isEmpty {
            let count = outgoing.withUnsafeBytes {
                Glibc.send(fileDescriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            // A full socket is tried again on the next turn; a closed one is noticed by reading.
            guard count > 0 else { return }
            outgoing.removeFirst(count)
        }
    }

    /// Reads what the slot wrote, at most about a megabyte a call.
    func answers() -> [SlotAnswer] {
        guard isOpen else { return [] }
        for _ in 0..<16 {
            let before = incoming.count
            incoming.append(contentsOf: repeatElement(0, count: 1 << 16))
            let count = incoming.withUnsafeMutableBytes { read(fileDescriptor, $0.baseAddress! + before, 1 << 16) }
            incoming.removeLast((1 << 16) - max(0, count))
            if count < 0 && errno == EINTR { continue }
            if count == 0 || (count < 0 && errno != EAGAIN) { isOpen = false }
            if count < 1 << 16 { break }
        }
        return takeAnswers()
    }

    /// How the process ended; nil while it runs. What it wrote can still be read.
    ///
    /// Its own children are killed before it is reaped, while the number of the group is surely its own. They may hold its
    /// socket open, so an open socket is no sign of life.
    func ended() -> ProcessEnd? {
        guard end == nil else { return end }
        let now = Clock.nanoseconds()
        guard !isOpen || now &- checkedAt > Self.checkInterval else { return nil }
        checkedAt = now
        guard process.hasEnded else { return nil }
        process.kill(SIGKILL)
        end = process.reap()
        return end
    }

    /// Doubled: a dead slot whose socket one of its children holds is replaced later. Halved: more system calls.
    private static let checkInterval: UInt64 = 50_000_000

    func kill() { process.kill(SIGKILL) }

    private func takeAnswers() -> [SlotAnswer] {
        var answers: [SlotAnswer] = []
        let taken = incoming.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            while let frame = reader.takeFrame() {
                guard let answer = SlotAnswer(frame) else {
                    // A slot whose memory is damaged is worth nothing any more; its tasks are computed again.
                    process.kill(SIGKILL)
                    isOpen = false
                    return bytes.count
                }
                answers.append(answer)
            }
            return reader.position
        }
        incoming.removeFirst(taken)
        return answers
    }
}

/// The program whose hidden command is a slot: this executable, unless a test says otherwise.
public struct SlotProgram: Hashable, Sendable {
    /// The path of the executable.
    public var path: String
    /// The arguments that make it a slot.
    public var arguments: [String]

    /// The executable at `path`, started with `arguments`.
    public init(path: String, arguments: [String] = ["slot"]) {
        self.path = path
        self.arguments = arguments
    }

    /// The running executable.
    public static var current: SlotProgram { SlotProgram(path: currentExecutable()) }

    /// The running executable as a checker of shards.
    package static var checker: SlotProgram { current.checker }

    /// The same executable as a checker of shards.
    package var checker: SlotProgram { SlotProgram(path: path, arguments: ["check-shards"]) }
}

/// The path of the running executable.
func currentExecutable() -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
    guard count > 0 else { return CommandLine.arguments[0] }
    return String(decoding: buffer[..<count], as: UTF8.self)
}

/// The environment that gives slots the arithmetic of a run.
enum SlotEnvironment {
    /// The kernels that every x86-64 host of the last ten years can run.
    static let portableKernels = "Haswell"

    /// This process's environment with the variables of OpenBLAS set for a run.
    ///
    /// - Parameter kernels: the kernel family; nil leaves it to the processor.
    static func variables(threads: Int, kernels: String?) -> [String: String] {
        // Other settings of the library change its bits, so none is inherited.
        var variables = inherited().filter { !$0.key.hasPrefix("OPENBLAS_") }
        variables["OPENBLAS_NUM_THREADS"] = String(threads)
        variables["OMP_NUM_THREADS"] = String(threads)
        variables["OPENBLAS_CORETYPE"] = kernels
        return variables
    }

    /// This process's environment.
    static func inherited() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }

    /// The environment of a run whose arithmetic is fixed; of a native one with a single thread otherwise.
    static func variables(for numerics: Numerics?) -> [String: String] {
        variables(threads: numerics?.blasThreads ?? 1, kernels: numerics?.kernels)
    }
}
