import Foundation

/// How a command ends; docs/commands.md lists it for each.
enum ExitStatus: Int32 {
    /// Something that was asked for could not be done.
    case failure = 1
    /// The run was stopped before its end; the same command goes on with it.
    case incomplete = 2
    /// The run is over, and some of its tasks have no result.
    case tasksFailed = 3
    /// The other side refuses: a key, a version, the arithmetic.
    case refused = 4
    /// The command line cannot be understood.
    case usage = 64
}

/// A command that could not do what it was asked to; printed as one sentence.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
    let status: ExitStatus

    init(_ description: String, _ status: ExitStatus = .failure) {
        self.description = description
        self.status = status
    }

    /// Prints the sentence and ends the program.
    func exit() -> Never {
        FileHandle.standardError.write(Data("Error: \(description)\n".utf8))
        Foundation.exit(status.rawValue)
    }
}
