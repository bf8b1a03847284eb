import Foundation

/// A small disk, mounted as long as the value lives.
final class TestDisk {
    /// What the kernel makes of a file system that the disk failed.
    enum Errors: String {
        case `continue`
        case becomeReadOnly = "remount-ro"
    }

    let path: String
    private var errors = Errors.continue
    /// Puts the loop device back as it was.
    private var restore: () -> Void = {}

    /// Whether this process may mount disks.
    static let isAllowed: Bool = {
        guard let scratch = try? ScratchDirectory() else { return false }
        return (try? TestDisk(inMemoryAt: scratch.path + "/disk", kibibytes: 64)) != nil
    }()

    /// Whether disks can be made of files, too.
    static let isFileAllowed: Bool = {
        guard isAllowed, let scratch = try? ScratchDirectory() else { return false }
        return (try? TestDisk(ofFile: scratch.path + "/image", mebibytes: 1, at: scratch.path + "/disk")) != nil
    }()

    /// A file system in memory, over whatever stands at the path.
    init(inMemoryAt path: String, kibibytes: Int) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try check(mount("tmpfs", path, "tmpfs", 0, "size=\(kibibytes)k"), "mount")
        self.path = path
    }

    /// A file system without a journal of its own in a file that takes space as it is written.
    ///
    /// - Parameter errors: what the kernel shall do when the disk fails to take what belongs to the file system itself.
    init(ofFile image: String, mebibytes: Int, at path: String, on errors: Errors = .continue) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: image))
        try check(truncate(image, off_t(mebibytes << 20)), "truncate")
        try run("mkfs.ext4", "-q", "-F", "-b", "4096", "-O", "^has_journal", image)
        self.path = path
        self.errors = errors
        try mountFile(image)
    }

    /// Mounts the file again.
    ///
    /// A loop device takes a write for done of which its file took only a part. So each write is one page, which a file takes
    /// or does not: otherwise the disk would lie about what it keeps, and no program could notice.
    func mountFile(_ image: String) throws {
        try run("mount", "-o", "loop,errors=\(errors.rawValue)", image, path)
        let name = try "/sys/dev/block/\(deviceNumber())/queue/max_sectors_kb"
        let limit = URL(fileURLWithPath: name).resolvingSymlinksInPath()
        let usual = try Data(contentsOf: limit)
        try Data("4".utf8).write(to: limit)
        restore = { try? usual.write(to: limit) }
    }

    /// A view of a directory that nothing can be written through, in its place.
    init(readOnlyViewOf path: String) throws {
        try check(mount(path, path, nil, UInt(MS_BIND), nil), "mount")
        self.path = path
        try check(mount(nil, path, nil, UInt(MS_BIND | MS_REMOUNT | MS_RDONLY), nil), "mount")
    }

    deinit { unmount() }

    /// Unmounts at once where nobody uses the disk any more, and in the end also where somebody does.
    ///
    /// A disk that is only taken out of sight would write on behind the back of whoever mounts its file again.
    func unmount() {
        defer { restore() }
        for _ in 0..<500 {
            guard umount2(path, 0) != 0, errno == EBUSY else { return }
            usleep(10_000)
        }
        umount2(path, Int32(MNT_DETACH))
    }

    /// Makes the kernel take the disk for broken, so that it goes on read-only.
    func breakDown() throws {
        let device = try FileManager.default.destinationOfSymbolicLink(atPath: "/sys/dev/block/\(deviceNumber())")
        let trigger = "/sys/fs/ext4/\(device.split(separator: "/").last ?? "")/trigger_fs_error"
        try Data("broken".utf8).write(to: URL(fileURLWithPath: trigger))
    }

    /// The number under which the kernel lists the device that is mounted.
    private func deviceNumber() throws -> String {
        var status = stat()
        try check(stat(path, &status), "stat")
        return "\(status.st_dev >> 8 & 0xFFF):\(status.st_dev & 0xFF)"
    }

    /// Takes what space there is, until the returned file is removed.
    func fill() -> String {
        let ballast = path + "/ballast"
        let file = open(ballast, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        // Large pieces first, and every last byte.
        for size in [1 << 16, 1] {
            let zeros = [UInt8](repeating: 0, count: size)
            while write(file, zeros, zeros.count) > 0 {}
        }
        close(file)
        return ballast
    }
}

private func check(_ result: Int32, _ what: String) throws {
    guard result == 0 else { throw TestFailure("\(what): \(String(cString: strerror(errno)))") }
}

private func run(_ command: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw TestFailure("\(command) failed") }
}
