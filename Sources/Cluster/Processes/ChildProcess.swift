internal import Glibc

/// A started child process; whoever starts it must ask `reap` until it has ended, so that no zombie stays.
struct ChildProcess {
    let id: pid_t
    /// Whether the process leads a group, in which its own children are.
    let isGroup: Bool

    /// Starts a program with these arguments, this environment and, besides the standard streams, these files.
    ///
    /// Every other file of this process is opened close-on-exec, so that a child holds nothing of its parent's.
    ///
    /// Call it from a thread that lives as long as this process: the child's death signal is bound to the thread.
    ///
    /// - Parameters:
    ///   - files: what the child finds as descriptors 3, 4, ...
    ///   - output: where it prints to; nil for where this process does. With an output it reads nothing and leads a process
    ///     group of its own.
    /// - Throws: `ClusterError` when the program cannot be started.
    init(
        _ program: String, _ arguments: [String], environment: [String: String], files: [Int32] = [],
        output: Int32? = nil
    ) throws(ClusterError) {
        isGroup = output != nil
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let output {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_adddup2(&actions, output, 1)
            posix_spawn_file_actions_adddup2(&actions, output, 2)
        }
        // First to places above all targets, so that no step overwrites a file that a later one needs.
        let high = 3 + Int32(files.count) + (files.max() ?? 0)
        for (index, file) in files.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, file, high + Int32(index))
        }
        for index in files.indices {
            posix_spawn_file_actions_adddup2(&actions, high + Int32(index), 3 + Int32(index))
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        let flags = isGroup ? POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP : POSIX_SPAWN_SETSIGMASK
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        var id: pid_t = 0
        let code = withCStrings([program] + arguments) { arguments in
            withCStrings(variables) { variables in
                posix_spawn(&id, program, &actions, &attributes, arguments, variables)
            }
        }
        guard code == 0 else {
            throw ClusterError("'\(program)' could not be started: \(reason(code))")
        }
        self.id = id
    }

    /// How the process ended, in words ("signal SIGKILL", "exit code 3"); nil while it runs.
    func reap() -> ProcessEnd? {
        var status: Int32 = 0
        while true {
            let result = waitpid(id, &status, WNOHANG)
            if result == 0 { return nil }
            if result == id { return ProcessEnd(waitStatus: status) }
            if errno != EINTR { return ProcessEnd(waitStatus: 0) }
        }
    }

    /// Whether the process has ended and was not reaped; its number, and that of its group, are still its own.
    var hasEnded: Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(id), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == SIGCHLD
    }

    /// Waits until the process has ended.
    func wait() -> ProcessEnd {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 && errno == EINTR {}
        return ProcessEnd(waitStatus: status)
    }

    /// Signals the process, and all others of its group if it leads one.
    func kill(_ signal: Int32) { Glibc.kill(isGroup ? -id : id, signal) }
}

/// How a process ended.
enum ProcessEnd: Hashable, Sendable, CustomStringConvertible {
    case exit(Int)
    case signal(Int)

    init(waitStatus status: Int32) {
        self = status & 0x7F == 0 ? .exit(Int(status >> 8) & 0xFF) : .signal(Int(status & 0x7F))
    }

    var description: String {
        switch self {
        case .exit(let code): return "exit code \(code)"
        case .signal(let number):
            let names = [
                1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS",
                8: "SIGFPE", 9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM",
                15: "SIGTERM", 24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS",
            ]
            return "signal \(names[number] ?? String(number))"
        }
    }
}

/// The text of an error number.
func reason(_ code: Int32) -> String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }

/// Calls `body` with a NULL-terminated array of C strings that live as long as the call.
private func withCStrings<R>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R
) -> R {
    let pointers = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers + [nil])
}
