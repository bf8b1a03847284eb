/// The state of an unfinished task as words of 8 bytes, lowest byte first; the first one names the layout of the others.
///
/// Each layout has a number of its own; a changed one gets another number.
enum TaskState {
    /// The bytes of a checkpoint.
    static func bytes(layout: UInt64, _ words: [UInt64]) -> [UInt8] {
        ([layout] + words).flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    /// The words after the layout's number; nil for bytes of another layout.
    static func words(of bytes: [UInt8], layout: UInt64) -> [UInt64]? {
        guard bytes.count % 8 == 0 else { return nil }
        let words = stride(from: 0, to: bytes.count, by: 8).map { start in
            (0..<8).reduce(0 as UInt64) { $0 | UInt64(bytes[start + $1]) << (8 * $1) }
        }
        return words.first == layout ? Array(words.dropFirst()) : nil
    }
}
