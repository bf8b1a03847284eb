/// Bytes that identities are hashed from: every value has exactly one form, whatever the machine.
///
/// Integers are 8 bytes little-endian, texts are their UTF-8 length as 4 bytes and then the UTF-8, reals are their IEEE
/// bits with `-0` made `0`. A parameter is its name, a kind byte (0 integer, 1 real, 2 text, 3 boolean) and its value.
struct CanonicalBytes {
    private(set) var bytes: [UInt8] = []
    private var drained = SHA256()

    /// Hashes what was appended so far and forgets it, so that a long list needs no memory.
    mutating func drain() {
        drained.update(bytes)
        removeAll()
    }

    /// The digest of everything appended, drained or not.
    func digest() -> Digest {
        var hash = drained
        hash.update(bytes)
        return hash.finalize()
    }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func truncate(to count: Int) { bytes.removeLast(bytes.count - count) }

    mutating func append(_ word: UInt64) {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ integer: Int) { append(UInt64(bitPattern: Int64(integer))) }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            withUnsafeBytes(of: UInt32(utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: utf8)
        }
    }

    mutating func append(_ raw: [UInt8]) { bytes.append(contentsOf: raw) }

    mutating func append(_ value: Value) {
        switch value {
        case .integer(let integer):
            bytes.append(0)
            append(integer)
        case .real(let real):
            bytes.append(1)
            append((real == 0 ? 0 : real).bitPattern)
        case .text(let text):
            bytes.append(2)
            append(text)
        case .boolean(let boolean):
            bytes.append(3)
            bytes.append(boolean ? 1 : 0)
        }
    }
}
