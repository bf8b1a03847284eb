internal import Foundation
internal import GRDB
internal import SweepGrid

/// The SQLite database of a journal: how it is opened, and what must stand in it.
struct JournalFile {
    /// The version of the format that this code writes.
    static let formatVersion = 1

    /// The most bytes of one row's body: a shard with 33 million tasks.
    static let bodyLimit = 256 << 20

    /// The statements that make the database; sqlite keeps their text, which is compared when a journal is opened.
    static let schema = [
        "fact": """
        CREATE TABLE fact (
          sequence INTEGER PRIMARY KEY,
          run_time INTEGER NOT NULL,
          wall_time INTEGER NOT NULL,
          kind INTEGER NOT NULL,
          body BLOB NOT NULL,
          hash BLOB NOT NULL
        ) STRICT
        """,
        "header": """
        CREATE TABLE header (
          format INTEGER NOT NULL,
          design BLOB NOT NULL,
          hash BLOB NOT NULL
        ) STRICT
        """,
    ]

    /// What follows the name of the file in the names of all that belong to it.
    static let endings = ["", "-wal", "-shm"]

    let path: String
    let queue: DatabaseQueue

    /// Opens the database for reading; nothing in its directory is changed but SQLite's shared index.
    init(reading path: String) throws(JournalError) {
        guard access(path, F_OK) == 0 else {
            guard errno == ENOENT else { throw .disk(path, cannot: "opened", errno: errno) }
            throw JournalError(
                path, .missing, "is not there",
                advice: "'phasemap recover' rebuilds a journal from run.json and the shards")
        }
        guard access(path, R_OK) == 0 else { throw .disk(path, cannot: "opened", errno: errno) }
        self.path = path
        do {
            queue = try JournalFile.connect(path, readonly: true)
        } catch {
            // SQLite wants to write an index beside the file. Where nobody can, nobody changes the file either.
            guard JournalFile.isFixed(path),
                let fixed = try? JournalFile.connect(JournalFile.fixed(path), readonly: true)
            else { throw JournalError(path, error, after: 0, cannot: "opened") }
            queue = fixed
        }
    }

    /// Opens the database for writing, or makes it.
    init(writing path: String) throws(JournalError) {
        self.path = path
        do {
            queue = try JournalFile.connect(path, readonly: false)
            try queue.writeWithoutTransaction { database in
                guard try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL") == "wal" else {
                    throw DatabaseError(resultCode: .SQLITE_IOERR, message: "it cannot have a write-ahead log")
                }
                try database.execute(sql: "PRAGMA synchronous = FULL")
                // In KiB. Rows are only appended, so that the edge of the tree is all that is worth keeping.
                try database.execute(sql: "PRAGMA cache_size = -256")
            }
        } catch {
            throw JournalError(path, error, after: 0, cannot: "opened for writing")
        }
    }

    private static func connect(_ path: String, readonly: Bool) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = readonly
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(2)
        configuration.prepareDatabase { database in
            // A file cut while it is mapped into memory would kill the process; a forged schema must not run anything.
            for pragma in ["mmap_size = 0", "trusted_schema = OFF", "cell_size_check = ON"] {
                try database.execute(sql: "PRAGMA \(pragma)")
            }
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Whether the file has no log of changes beside it and cannot get one.
    private static func isFixed(_ path: String) -> Bool {
        var status = stat()
        let hasLog = stat(path + "-wal", &status) == 0 && status.st_size > 0
        return !hasLog && access(directory(of: path), W_OK) != 0
    }

    /// The name by which SQLite opens a file without asking whether somebody changes it.
    private static func fixed(_ path: String) -> String {
        let escaped = path.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"):
                String(Unicode.Scalar(byte))
            default:
                "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return "file:\(escaped.joined())?immutable=1"
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Makes names in the file's directory durable.
    static func syncDirectory(of path: String) throws(JournalError) {
        let descriptor = open(directory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .disk(path, cannot: "made durable", errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .disk(path, cannot: "made durable", errno: errno) }
    }
}
