internal import Foundation
internal import Results

/// How another program ended, and what it said.
struct ProgramRun {
    enum End {
        case exit(Int32)
        case signal(Int32)
        /// It was ended because it took too long.
        case overdue
    }

    let end: End
    /// The last 64 KiB of its output and errors.
    let text: String

    /// Runs a program on a file in that file's directory until it ends or the limit is over.
    ///
    /// Its output goes to a file without a name: no pipe fills, and no grandchild that keeps it open holds this process up.
    ///
    /// - Throws: the reason when it does not start.
    init(_ program: String, on file: String, limit: Duration) throws {
        let path = Disk.temporaryName(beside: file + ".out")
        let output = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        unlink(path)
        defer { close(output) }

        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = [(file as NSString).lastPathComponent]
        process.currentDirectoryURL = URL(fileURLWithPath: (file as NSString).deletingLastPathComponent)
        let handle = FileHandle(fileDescriptor: output, closeOnDealloc: false)
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        if ended.wait(timeout: .now() + .seconds(Int(limit.components.seconds))) == .timedOut {
            kill(process.processIdentifier, SIGKILL)
            // Not for ever: something that it started may live on, and its end is then not told.
            _ = ended.wait(timeout: .now() + .seconds(2))
            end = .overdue
        } else {
            let isSignal = process.terminationReason == .uncaughtSignal
            end = isSignal ? .signal(process.terminationStatus) : .exit(process.terminationStatus)
        }
        text = ProgramRun.tail(of: output)
    }

    private static func tail(of output: Int32) -> String {
        let size = lseek(output, 0, SEEK_END)
        let start = max(0, size - 65_536)
        var bytes = [UInt8](repeating: 0, count: Int(size - start))
        let count = pread(output, &bytes, bytes.count, start)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
