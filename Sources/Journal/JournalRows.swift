internal import GRDB
internal import GRDBSQLite
internal import SweepGrid

/// One row as SQLite gives it, not yet believed.
struct StoredRow {
    let sequence: Int
    let runTime: Int64
    let wallTime: Int
    let kind: UInt8
    let body: [UInt8]
    let hash: Digest
}

/// Rows straight from and to SQLite's own functions: GRDB's rows and arguments cost about twice as much, which a run with
/// a hundred thousand small leases would notice.
extension Statement {
    /// Writes a row: sequence, run time, wall time, kind, body, hash.
    func insert(_ numbers: [Int64], _ body: [UInt8], _ hash: [UInt8]) throws {
        try body.withUnsafeBytes { body in
            try hash.withUnsafeBytes { hash in
                var index: Int32 = 0
                for number in numbers {
                    index += 1
                    try check(sqlite3_bind_int64(sqliteStatement, index, number))
                }
                for bytes in [body, hash] {
                    index += 1
                    // Without a destructor SQLite reads the bytes in place; they stay until the statement is reset.
                    try check(sqlite3_bind_blob64(sqliteStatement, index, bytes.baseAddress, UInt64(bytes.count), nil))
                }
                let result = sqlite3_step(sqliteStatement)
                let error = result == SQLITE_DONE ? nil : failure(result)
                sqlite3_reset(sqliteStatement)
                if let error { throw error }
            }
        }
    }

    /// Steps to the next row; false after the last.
    func step() throws -> Bool {
        let result = sqlite3_step(sqliteStatement)
        guard result != SQLITE_ROW else { return true }
        guard result != SQLITE_DONE else { return false }
        let error = failure(result)
        sqlite3_reset(sqliteStatement)
        throw error
    }

    /// The current row of six columns; nil when one has another type or length than it should.
    func row() -> StoredRow? {
        guard let sequence = integer(0), let runTime = integer(1), let wallTime = integer(2),
            let kind = integer(3).flatMap(UInt8.init(exactly:)), let body = blob(4),
            let hash = blob(5).flatMap({ Digest(bytes: $0) })
        else { return nil }
        return StoredRow(
            sequence: Int(sequence), runTime: runTime, wallTime: Int(wallTime), kind: kind, body: body, hash: hash)
    }

    private func integer(_ column: Int32) -> Int64? {
        sqlite3_column_type(sqliteStatement, column) == SQLITE_INTEGER
            ? sqlite3_column_int64(sqliteStatement, column) : nil
    }

    private func blob(_ column: Int32) -> [UInt8]? {
        guard sqlite3_column_type(sqliteStatement, column) == SQLITE_BLOB else { return nil }
        let bytes = sqlite3_column_blob(sqliteStatement, column)
        let count = sqlite3_column_bytes(sqliteStatement, column)
        return [UInt8](UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : Int(count)))
    }

    private func check(_ result: Int32) throws {
        guard result == SQLITE_OK else { throw failure(result) }
    }

    private func failure(_ result: Int32) -> DatabaseError {
        let connection = sqlite3_db_handle(sqliteStatement)
        return DatabaseError(
            resultCode: ResultCode(rawValue: result), message: sqlite3_errmsg(connection).map { String(cString: $0) })
    }
}
