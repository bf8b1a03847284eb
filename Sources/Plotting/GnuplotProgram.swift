internal import Foundation

/// The program that draws.
package enum GnuplotProgram {
    /// What it says about itself, such as `gnuplot 5.4 patchlevel 4`; nil when there is none or it does not say.
    package static func version(_ program: String = "gnuplot") -> String? {
        guard let executable = Gnuplot.path(of: program) else { return nil }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = ["--version"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let line = text.split(separator: "\n").first.map(String.init)
        return process.terminationStatus == 0 ? line : nil
    }
}
