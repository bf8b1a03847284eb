internal import Foundation
package import HDF5

/// A file or directory that could not be read, written or believed: what, why, and what to do next.
public struct StorageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file or directory.
    public let path: String
    /// What is wrong with it, as the predicate of a sentence.
    public let problem: String
    /// What the operator does next; empty when that is plain.
    public let advice: String

    package init(path: String, problem: String, advice: String = "") {
        self.path = path
        self.problem = problem
        self.advice = advice
    }

    package init(path: String, _ error: HDF5Error) {
        self.init(path: path, problem: "is not readable as HDF5: \(error)")
    }

    /// The failed system call's reason in the words of an operator.
    init(path: String, cannot action: String, errno code: Int32) {
        let reason = String(cString: strerror(code))
        let advice =
            switch code {
            case ENOSPC, EDQUOT: "free space there and run the command again; what was committed is kept"
            case EROFS: "the file system is mounted read-only: choose another directory with --into"
            case EACCES, EPERM: "check the permissions, or choose another directory with --into"
            case ENOENT: "check the spelling of the path"
            default: ""
            }
        self.init(path: path, problem: "cannot be \(action): \(reason)", advice: advice)
    }

    /// The sentence for the operator.
    public var description: String {
        advice.isEmpty ? "'\(path)' \(problem)" : "'\(path)' \(problem) (\(advice))"
    }
}
