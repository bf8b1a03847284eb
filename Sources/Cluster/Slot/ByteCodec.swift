import SweepGrid

/// Appends numbers and texts to bytes, low byte first: the language between an agent and its slots.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ value: Double) { append(value.bitPattern) }

    mutating func append(_ text: String) {
        append(UInt32(clamping: text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ digest: Digest) { bytes.append(contentsOf: digest.bytes) }

    /// Appends what `body` writes, preceded by its length.
    mutating func frame(_ body: (inout ByteWriter) -> Void) {
        let start = bytes.count
        append(UInt32(0))
        body(&self)
        let count = UInt32(clamping: bytes.count - start - 4)
        withUnsafeBytes(of: count.littleEndian) { bytes.replaceSubrange(start..<start + 4, with: $0) }
    }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}

/// Takes numbers and texts from bytes; nil as soon as there are not enough.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - position }

    mutating func take<T: FixedWidthInteger>(_ type: T.Type) -> T? {
        guard remaining >= MemoryLayout<T>.size else { return nil }
        defer { position += MemoryLayout<T>.size }
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: T.self))
    }

    mutating func takeDouble() -> Double? { take(UInt64.self).map { Double(bitPattern: $0) } }

    mutating func takeText() -> String? {
        guard let count = take(UInt32.self), remaining >= Int(count) else { return nil }
        defer { position += Int(count) }
        return String(
            decoding: UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(count)]), as: UTF8.self)
    }

    mutating func takeDigest() -> Digest? {
        guard remaining >= 32 else { return nil }
        defer { position += 32 }
        return Digest(bytes: UnsafeRawBufferPointer(rebasing: bytes[position..<position + 32]))
    }

    /// The bytes of the next frame; nil when it is not there as a whole.
    mutating func takeFrame() -> UnsafeRawBufferPointer? {
        let start = position
        guard let count = take(UInt32.self), remaining >= Int(count) else {
            position = start
            return nil
        }
        defer { position += Int(count) }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(count)])
    }
}
