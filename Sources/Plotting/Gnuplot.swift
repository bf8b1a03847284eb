internal import Foundation

/// Runs gnuplot on a script.
enum Gnuplot {
    /// Draws `script`, a path, in its own directory.
    ///
    /// - Parameters:
    ///   - pictures: the files that the script writes.
    ///   - program: looked up in PATH unless it contains a slash.
    ///   - limit: how long it may take; figures take a second or two.
    /// - Throws: `PlottingError`; script and data stay where they are.
    static func draw(
        _ script: String, figure: String, pictures: [String], program: String = "gnuplot",
        limit: Duration = .seconds(120)
    ) throws(PlottingError) {
        let directory = (script as NSString).deletingLastPathComponent
        let name = (script as NSString).lastPathComponent
        let kept = "script and data are kept: cd \(directory) && gnuplot \(name)"
        guard let executable = path(of: program) else {
            throw PlottingError(
                figure: figure, problem: "gnuplot is not installed",
                advice: "install it, on Debian: apt-get install gnuplot-nox; \(kept)")
        }
        let before = pictures.map { FileState($0) }
        let run: ProgramRun
        do {
            run = try ProgramRun(executable, on: script, limit: limit)
        } catch {
            throw PlottingError(figure: figure, problem: "gnuplot does not start: \(error)", advice: kept)
        }
        let said = run.text.split(separator: "\n").last { $0.contains(":") }.map(String.init) ?? "it gives no reason"
        let problem: String
        switch run.end {
        case .exit(0):
            let missing = zip(pictures, before).filter { FileState($0) == $1 || FileState($0)?.size == 0 }.map(\.0)
            guard let first = missing.first else { return }
            problem = "gnuplot ends without an error, but it has not written '\(first)': \(said)"
        case .exit: problem = "gnuplot fails: \(said)"
        case .signal(let number): problem = "gnuplot fails: it was ended by signal \(number)"
        case .overdue: problem = "gnuplot hangs: it was ended after \(limit.components.seconds) s"
        }
        throw PlottingError(figure: figure, problem: problem, advice: kept)
    }

    /// What changes when a file is written.
    private struct FileState: Equatable {
        let size: Int
        let inode: UInt64
        let seconds: Int
        let nanoseconds: Int

        /// The state of a file; nil when there is none.
        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            size = Int(status.st_size)
            inode = UInt64(status.st_ino)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    private static func path(of program: String) -> String? {
        if program.contains("/") { return FileManager.default.isExecutableFile(atPath: program) ? program : nil }
        let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return directories.map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
