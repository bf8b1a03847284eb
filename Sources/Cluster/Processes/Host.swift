internal import Foundation
internal import Results
internal import SweepGrid

/// The name of this host, for people.
func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, 255) == 0 else { return "unknown" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

var terminationSignal: Int32 { SIGTERM }

var killSignal: Int32 { SIGKILL }

/// Sleeps; for threads that have nothing else to do.
func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }

func parentProcess() -> Int32 { getppid() }

/// Lets this process open as many files as the system permits: a connection each, and a socket per slot.
func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}

/// The SHA-256 of the running executable, which names the build.
///
/// A debug build, which would hash its own tens of megabytes for seconds, is named by its size and time instead.
func buildDigest() -> Digest {
    let path = currentExecutable()
    #if DEBUG
        var status = stat()
        stat(path, &status)
        return SHA256.hash(Array("\(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)".utf8))
    #else
        // Piece by piece: whole, the executable would be most of the memory that a coordinator ever needs.
        return (try? Disk.digest(of: path)) ?? SHA256.hash([])
    #endif
}

/// The number of this process.
func processNumber() -> Int32 { getpid() }
