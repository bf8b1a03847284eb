internal import Foundation

/// Runs gnuplot on a script.
enum Gnuplot {
    /// Draws `script`, a path, in its own directory.
    ///
    /// - Parameter program: looked up in PATH unless it contains a slash.
    /// - Throws: `PlottingError`; script and data stay where they are.
    static func draw(_ script: String, figure: String, program: String = "gnuplot") throws(PlottingError) {
        let directory = (script as NSString).deletingLastPathComponent
        let name = (script as NSString).lastPathComponent
        let kept = "script and data are kept: cd \(directory) && gnuplot \(name)"
        guard let executable = path(of: program) else {
            throw PlottingError(
                figure: figure, problem: "gnuplot is not installed",
                advice: "install it, on Debian: apt-get install gnuplot-nox; \(kept)")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = [name]
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw PlottingError(figure: figure, problem: "gnuplot does not start: \(error)", advice: kept)
        }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let reason =
                process.terminationReason == .uncaughtSignal
                ? "it was ended by signal \(process.terminationStatus)"
                : text.split(separator: "\n").last { $0.contains(":") } ?? "it gives no reason"
            throw PlottingError(figure: figure, problem: "gnuplot fails: \(reason)", advice: kept)
        }
    }

    private static func path(of program: String) -> String? {
        if program.contains("/") { return FileManager.default.isExecutableFile(atPath: program) ? program : nil }
        let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return directories.map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
