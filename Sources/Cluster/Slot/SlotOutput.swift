internal import Glibc

/// What the process of a slot prints: into a rotated file, and the last lines in memory for the case that it dies.
final class SlotOutput {
    private static let lineLimit = 50
    /// What is kept of a line, in bytes.
    private static let lineLength = 400

    /// The end of the pipe that the agent reads; negative when it is closed.
    private(set) var fileDescriptor: Int32
    private let file: RotatedFile
    private var lines: [[UInt8]] = []
    private var line: [UInt8] = []

    /// Takes over the reading end of a pipe.
    init(reading fileDescriptor: Int32, into file: RotatedFile) {
        self.fileDescriptor = fileDescriptor
        self.file = file
        _ = fcntl(fileDescriptor, F_SETFL, O_NONBLOCK)
    }

    /// Whether the disk is behind, so that nothing is read.
    var isBusy: Bool { file.isBusy }

    deinit { if fileDescriptor >= 0 { close(fileDescriptor) } }

    /// Reads what is there, at most 64 KiB; false when there was nothing.
    ///
    /// A process that prints faster than the disk takes it waits.
    @discardableResult
    func read() -> Bool {
        guard fileDescriptor >= 0, !file.isBusy else { return false }
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(fileDescriptor, &piece, piece.count)
        if count < 0 && errno == EINTR { return true }
        if count == 0 || (count < 0 && errno != EAGAIN) {
            close(fileDescriptor)
            fileDescriptor = -1
        }
        guard count > 0 else { return false }
        piece.removeLast(piece.count - count)
        file.append(piece)
        remember(piece)
        return true
    }

    /// Reads the last words of a process that has ended, at most 1 MiB: what it left behind may print on.
    func readLast() {
        for _ in 0..<16 where !read() { return }
    }

    /// The last lines, at most fifty, without control characters.
    var lastLines: [String] {
        (lines + (line.isEmpty ? [] : [line])).suffix(Self.lineLimit).map { bytes in
            String(
                String.UnicodeScalarView(
                    String(decoding: bytes, as: UTF8.self).unicodeScalars.map { $0.value < 32 ? " " : $0 }))
        }
    }

    private func remember(_ bytes: [UInt8]) {
        for byte in bytes {
            if byte == 10 {
                lines.append(line)
                line.removeAll(keepingCapacity: true)
                if lines.count > 2 * Self.lineLimit { lines.removeFirst(Self.lineLimit) }
            } else if line.count < Self.lineLength {
                line.append(byte)
            }
        }
    }
}
