internal import Glibc
internal import Results
internal import Scheduling
internal import SweepGrid
internal import Synchronization

/// A coordinator's end of its checker: starts the process, asks it, and replaces it when it dies or hangs.
///
/// One thread asks; `end` may be called from another one.
final class Checker: Sendable {
    private struct Child {
        let process: ChildProcess
        let socket: FrameSocket
    }

    private struct State {
        var child: Child?
        var isEnding = false
    }

    private let program: SlotProgram
    private let runPath: String
    /// The time that one shard may take.
    ///
    /// Doubled: commits wait longer for a shard that hangs the library. Halved: a disk that stalls costs results.
    private let patience: Duration
    private let log: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// A checker for the run at a path; no process is started before it is needed.
    init(_ program: SlotProgram, runPath: String, patience: Duration, log: @escaping @Sendable (String) -> Void) {
        self.program = program
        self.runPath = runPath
        self.patience = patience
        self.log = log
    }

    deinit { stop() }

    /// What became of a request.
    enum Verdict {
        case answer(CheckerAnswer)
        /// The file brings checkers down; in words, how.
        case evil(String)
        /// Every checker that was asked was killed from outside, as by a system without memory; in words.
        case killed(String)
        /// There is no checker, which is nobody's fault; in words, why.
        case unavailable(String)
    }

    /// Verifies the shard at a path; one that brings down two checkers in a row, or hangs one, is evil.
    func check(_ path: String, _ digest: Digest) -> Verdict { ask(.check(path, digest), patience, attempts: 2) }

    /// Verifies a shard that was sound once: an evil one gets another chance, and three times as long for it.
    func checkAgain(_ path: String, _ digest: Digest) -> Verdict {
        let verdict = check(path, digest)
        guard case .evil = verdict else { return verdict }
        return ask(.check(path, digest), patience * 3, attempts: 2)
    }

    /// Writes one shard with the results of several.
    func compact(_ shards: [Digest], in directory: String, into path: String) -> Verdict {
        ask(.compact(shards, directory: directory, into: path), patience * 10, attempts: 1)
    }

    /// Ends the process, from any thread and in the middle of a request, which then fails; later requests fail too.
    func interrupt() {
        state.withLock { state in
            state.isEnding = true
            state.child?.process.kill(SIGKILL)
        }
    }

    private func ask(_ request: CheckerRequest, _ patience: Duration, attempts: Int) -> Verdict {
        var words = ""
        var isKilled = true
        for _ in 0..<attempts {
            let socket: FrameSocket
            switch started() {
            case .success(let open): socket = open
            case .failure(let error): return .unavailable(error.description)
            }
            switch exchange(request, socket, patience) {
            case .answer(let answer): return .answer(answer)
            case .hung:
                stop()
                return .evil("it took the checker more than \(patience)")
            case .died:
                let end = stop()
                if state.withLock({ $0.isEnding }) { return .unavailable("the coordinator ends") }
                isKilled = isKilled && end == .signal(Int(SIGKILL))
                words = "the checker died of it\(end.map { ", \($0)" } ?? "")"
                log("\(words); another one is started")
            }
        }
        return isKilled ? .killed(words) : .evil(words)
    }

    private enum Exchange {
        case answer(CheckerAnswer), died, hung
    }

    private func exchange(_ request: CheckerRequest, _ socket: FrameSocket, _ patience: Duration) -> Exchange {
        var writer = ByteWriter()
        request.write(to: &writer)
        let start = Clock.nanoseconds()
        guard socket.send(writer.bytes) else { return .died }
        guard let frame = socket.receive(within: patience) else {
            return Clock.nanoseconds() - start >= UInt64(patience.wireNanoseconds) ? .hung : .died
        }
        return frame.withUnsafeBytes(CheckerAnswer.init).map { .answer($0) } ?? .died
    }

    /// The socket of a checker that has read the run.
    private func started() -> Result<FrameSocket, ClusterError> {
        let begun: Result<(FrameSocket, isNew: Bool), ClusterError> = state.withLock { state in
            if state.isEnding { return .failure(ClusterError("the coordinator ends")) }
            if let child = state.child { return .success((child.socket, false)) }
            do throws(ClusterError) {
                let child = try Checker.start(program)
                state.child = child
                return .success((child.socket, true))
            } catch {
                return .failure(error)
            }
        }
        switch begun {
        case .failure(let error): return .failure(error)
        case .success((let socket, false)): return .success(socket)
        case .success((let socket, true)):
            // No shard is blamed for a checker that does not even get ready.
            if case .answer(.ready) = exchange(.open(runPath), socket, .seconds(60)) { return .success(socket) }
            let end = stop().map { ": \($0)" } ?? ""
            return .failure(ClusterError("the checker of shards does not get ready\(end)"))
        }
    }

    private static func start(_ program: SlotProgram) throws(ClusterError) -> Child {
        var pair: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else {
            throw ClusterError(
                "no socket pair for the checker: \(reason(errno)); raise the limit of open files (ulimit -n)")
        }
        defer { close(pair[1]) }
        do throws(ClusterError) {
            let process = try ChildProcess(
                program.path, program.arguments, environment: SlotEnvironment.variables(threads: 1, kernels: nil),
                files: [pair[1]])
            return Child(process: process, socket: FrameSocket(pair[0]))
        } catch {
            close(pair[0])
            throw error
        }
    }

    /// Ends the process and forgets it; returns how it ended, nil when there is none. Only the thread that asks may do it.
    @discardableResult
    func stop() -> ProcessEnd? {
        guard let child = state.withLock({ $0.child }) else { return nil }
        // One that died by itself keeps its own end, which the system may tell a little after its socket closed.
        var end = child.process.reap()
        shutdown(child.socket.fileDescriptor, Int32(SHUT_RDWR))
        for _ in 0..<100 where end == nil {
            pause(milliseconds: 10)
            end = child.process.reap()
        }
        state.withLock { state in
            if end == nil {
                child.process.kill(SIGKILL)
                end = child.process.wait()
            }
            state.child = nil
        }
        close(child.socket.fileDescriptor)
        return end
    }
}
