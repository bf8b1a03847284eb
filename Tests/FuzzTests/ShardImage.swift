/// Where the chunks of an HDF5 file stand, so that changed ones can get the checksum that belongs to them.
///
/// Version 1 B-trees of chunks (HDF5 file format specification, III.A.1): each key is the chunk's size, its filter mask and its offsets,
/// each child its address.
struct ShardImage {
    var bytes: [UInt8]
    /// The filtered bytes of each chunk, without the checksum that follows them.
    let chunks: [Range<Int>]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var chunks: [Range<Int>] = []
        let signature = Array("TREE".utf8)
        for start in bytes.indices.dropLast(24)
        where Array(bytes[start..<start + 4]) == signature && bytes[start + 4] == 1 {
            let used = Int(bytes[start + 6]) | Int(bytes[start + 7]) << 8
            // A key has eight bytes and as many offsets as the dataset has dimensions, and one more.
            for keySize in [24, 32] {
                for entry in 0..<used {
                    let key = start + 24 + entry * (keySize + 8)
                    guard key + keySize + 8 <= bytes.count else { break }
                    let size = Self.number(bytes, key, 4)
                    let address = Self.number(bytes, key + keySize, 8)
                    guard size > 4, size < bytes.count, address < bytes.count - size else { continue }
                    let content = address..<address + size - 4
                    if Self.number(bytes, content.upperBound, 4) == Int(Self.checksum(bytes[content])) {
                        chunks.append(content)
                    }
                }
            }
        }
        self.chunks = chunks
    }

    /// Gives a chunk the checksum of what is in it now.
    mutating func seal(_ chunk: Range<Int>) {
        let sum = Self.checksum(bytes[chunk])
        for index in 0..<4 { bytes[chunk.upperBound + index] = UInt8(truncatingIfNeeded: sum >> (8 * index)) }
    }

    /// Fletcher-32 as HDF5 computes it: over big-endian words of 16 bits, an odd last byte being the high one.
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var low: UInt32 = 0
        var high: UInt32 = 0
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let next = index + 1 < bytes.endIndex ? UInt32(bytes[index + 1]) : 0
            low = (low + (UInt32(bytes[index]) << 8 | next)) % 65_535
            high = (high + low) % 65_535
            index += 2
        }
        return high << 16 | low
    }

    private static func number(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int {
        (0..<count).reduce(0) { $0 | Int(bytes[start + $1] & ($1 == 7 ? 0x7F : 0xFF)) << (8 * $1) }
    }
}
