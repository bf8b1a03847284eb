internal import GRDB
internal import Scheduling
package import SweepGrid

/// Reads a journal from its first row to its last and verifies every one; its memory does not grow with the journal.
package struct JournalReader {
    private let file: JournalFile
    private let design: Digest

    /// Opens a journal of the run with this design hash.
    ///
    /// - Throws: `JournalError` when the file cannot be opened: missing, no permission, or no database at all.
    package init(_ path: String, design: Digest) throws(JournalError) {
        file = try JournalFile(reading: path)
        self.design = design
    }

    /// Calls `body` with each row in order; returns the end of the chain.
    ///
    /// Other processes may append meanwhile; what is read is the journal at one moment.
    ///
    /// - Throws: `JournalError`; when its cause is `damaged`, `body` has seen the sound rows before the first bad one.
    @discardableResult
    package func read(_ body: (JournalRecord) -> Void) throws(JournalError) -> ChainEnd {
        var end = ChainEnd(formatVersion: JournalFile.formatVersion, design: design)
        do {
            try file.queue.read { database in
                try checkSchema(database)
                try checkHeader(database, end)
                // Damage that the rows do not show would still spoil what is appended.
                let structure = try structureDefect(database)
                let rows = try database.makeStatement(sql: JournalReader.query)
                while try rows.step() { body(try record(rows.row(), &end)) }
                if let structure { throw JournalError.damaged(file.path, after: end.sequence, structure) }
            }
        } catch let error as JournalError {
            throw error
        } catch {
            throw JournalError(file.path, error, after: end.sequence, cannot: "read")
        }
        return end
    }

    private static let query = """
        SELECT sequence, run_time, wall_time, kind, CASE WHEN length(body) <= \(JournalFile.bodyLimit) THEN body END, hash
        FROM fact ORDER BY sequence
        """

    /// Nothing but the two tables may be there: a view or a trigger could do anything.
    private func checkSchema(_ database: Database) throws {
        var expected = JournalFile.schema
        let rows = try Row.fetchCursor(database, sql: "SELECT type, name, sql FROM sqlite_schema")
        while let row = try rows.next() {
            let texts = (0..<3).map { String.fromDatabaseValue(row[$0]) }
            guard texts[0] == "table", let name = texts[1], let sql = texts[2],
                expected.removeValue(forKey: name) == sql
            else { throw JournalError.damaged(file.path, after: 0, "it has other tables than a journal") }
        }
        guard expected.isEmpty else {
            throw JournalError.damaged(file.path, after: 0, "it lacks a table of a journal")
        }
    }

    private func checkHeader(_ database: Database, _ start: ChainEnd) throws {
        let rows = try Row.fetchCursor(database, sql: "SELECT format, design, hash FROM header LIMIT 2")
        guard let row = try rows.next(), let format = Int.fromDatabaseValue(row[0]),
            let found = JournalReader.digest(row[1]), let hash = JournalReader.digest(row[2]), try rows.next() == nil,
            hash == ChainEnd(formatVersion: format, design: found).hash
        else { throw JournalError.damaged(file.path, after: 0, "its header does not agree with its hash") }
        guard format == JournalFile.formatVersion else {
            throw JournalError(
                file.path, .laterRelease, "has format version \(format)",
                advice: "this program knows version \(JournalFile.formatVersion); use the release that wrote it")
        }
        guard found == design else {
            throw JournalError(
                file.path, .otherRun, "belongs to the run of design \(found), not \(design)",
                advice: "put the journal back into the directory of its own run")
        }
    }

    /// What SQLite finds wrong with the structure of the file.
    private func structureDefect(_ database: Database) throws -> String? {
        do {
            let answer = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "no answer"
            return answer == "ok" ? nil : answer.split(separator: "\n").joined(separator: " ")
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            return error.message ?? "its structure is broken"
        }
    }

    /// Takes a row, if it follows the one before.
    private func record(_ row: StoredRow?, _ end: inout ChainEnd) throws -> JournalRecord {
        func damaged(_ reason: String) -> JournalError { .damaged(file.path, after: end.sequence, reason) }
        guard let row else { throw damaged("a column has a wrong type or length") }
        guard row.sequence == end.sequence + 1 else { throw damaged("the next row has the number \(row.sequence)") }
        let instant = Instant(nanoseconds: row.runTime)
        var next = end
        guard next.extend(instant: instant, wallTime: row.wallTime, kind: row.kind, body: row.body) == row.hash else {
            throw damaged("its bytes do not agree with its hash")
        }
        guard instant >= end.instant else { throw damaged("its run time is before that of the row before") }
        do {
            guard let content = try JournalRecord.Content(kind: row.kind, body: row.body) else {
                throw JournalError(
                    file.path, .laterRelease, "has a fact of kind \(row.kind) in row \(row.sequence)",
                    advice: "this program does not know that kind; use the release that wrote it")
            }
            end = next
            return JournalRecord(
                sequence: row.sequence, instant: instant, wallTime: row.wallTime, content: content)
        } catch let defect as FactDefect {
            throw damaged("its body is not a fact of kind \(row.kind): \(defect.reason)")
        }
    }

    private static func digest(_ value: DatabaseValue) -> Digest? {
        guard case .blob(let bytes) = value.storage else { return nil }
        return Digest(bytes: bytes)
    }
}
