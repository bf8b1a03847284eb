internal import Foundation
internal import GRDB

/// A journal that could not be opened, believed or written: what, why, and what to do next.
package struct JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of trouble it is, for those who must act differently.
    package enum Cause: Hashable, Sendable {
        /// There is no journal.
        case missing
        /// There is a journal already, and none was to be replaced.
        case exists
        /// The rows before this number are as they were written; this one and all later ones are not to be believed.
        case damaged(firstBad: Int)
        /// Another coordinator has it open.
        case inUse
        /// It belongs to another design.
        case otherRun
        /// It has a format or a row that only a later release knows.
        case laterRelease
        /// A fact is larger than a row may be.
        case tooLarge
        /// The disk is full, read-only or failing. Nothing was written; the same call may be repeated.
        case disk
    }

    /// The file.
    package let path: String
    package let cause: Cause
    /// What is wrong with it, as the predicate of a sentence.
    package let problem: String
    /// What the operator does next; empty when that is plain.
    package let advice: String

    init(_ path: String, _ cause: Cause, _ problem: String, advice: String = "") {
        self.path = path
        self.cause = cause
        self.problem = problem
        self.advice = advice
    }

    /// A chain that ends, or a file that is broken, after `good` sound rows.
    static func damaged(_ path: String, after good: Int, _ reason: String) -> JournalError {
        JournalError(
            path, .damaged(firstBad: good + 1), "is damaged from row \(good + 1) on: \(reason)",
            advice: "'phasemap recover' keeps the rows before it and rebuilds the rest from the shards")
    }

    /// A failed system call.
    static func disk(_ path: String, cannot action: String, errno code: Int32) -> JournalError {
        let advice =
            switch code {
            case ENOSPC, EDQUOT: "free space there; nothing that was acknowledged is lost"
            case EROFS: "the file system is mounted read-only: mount it writable, or copy the run's directory"
            case EACCES, EPERM: "check the permissions of the file and its directory"
            default: ""
            }
        return JournalError(path, .disk, "cannot be \(action): \(String(cString: strerror(code)))", advice: advice)
    }

    /// An error of SQLite, met after `good` rows were read.
    init(_ path: String, _ error: any Error, after good: Int, cannot action: String) {
        guard let error = error as? DatabaseError else {
            self.init(path, .disk, "cannot be \(action): \(error)")
            return
        }
        let text = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_MISMATCH, .SQLITE_TOOBIG, .SQLITE_EMPTY,
            .SQLITE_FORMAT, .SQLITE_CONSTRAINT:
            self = .damaged(path, after: good, text)
        case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHORT_READ:
            self = .damaged(path, after: good, "the file is shorter than it was")
        case .SQLITE_FULL:
            self = .disk(path, cannot: action, errno: ENOSPC)
        case .SQLITE_READONLY:
            self.init(
                path, .disk, "cannot be \(action): it is read-only",
                advice: "check the permissions of the file, its directory and the mount")
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(
                path, .disk, "cannot be \(action): \(text)",
                advice: "check the permissions of the file and its directory")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                path, .inUse, "is locked by another program", advice: "end the program that has it open")
        default:
            self.init(path, .disk, "cannot be \(action): \(text) (code \(error.extendedResultCode.rawValue))")
        }
    }

    package var description: String {
        advice.isEmpty ? "'\(path)' \(problem)" : "'\(path)' \(problem) (\(advice))"
    }
}
