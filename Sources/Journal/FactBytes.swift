/// Writes numbers and texts of a fact one after another.
///
/// Whole numbers take as few bytes as they need: seven bits a byte, the lowest first, the high bit set on all but the
/// last; signed ones are folded (0, -1, 1, -2 become 0, 1, 2, 3) before that.
struct FactWriter {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func put(_ number: Int) {
        let wide = Int64(number)
        put(UInt64(bitPattern: (wide << 1) ^ (wide >> 63)))
    }

    /// Eight bytes, the lowest first.
    mutating func putWord(_ word: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }

    mutating func put(_ text: String) {
        put(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func putRaw(_ raw: [UInt8]) { bytes.append(contentsOf: raw) }
}

/// Why the body of a fact could not be read.
struct FactDefect: Error, Hashable {
    let reason: String
}

/// Reads what a `FactWriter` wrote; takes no byte on trust.
///
/// Nothing is allocated for a count before the bytes that it stands for are known to be there.
struct FactReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// How many bytes are left.
    var count: Int { rest.count }

    mutating func number() throws(FactDefect) -> UInt64 {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = rest.popFirst() {
            guard shift < 63 || (shift == 63 && byte <= 1) else {
                throw FactDefect(reason: "a number has over 64 bits")
            }
            number |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 {
                guard byte != 0 || shift == 0 else { throw FactDefect(reason: "a number is longer than it needs") }
                return number
            }
            shift += 7
        }
        throw FactDefect(reason: "it ends within a number")
    }

    mutating func integer() throws(FactDefect) -> Int {
        let folded = try number()
        return Int(Int64(bitPattern: folded >> 1) ^ -Int64(bitPattern: folded & 1))
    }

    mutating func number32() throws(FactDefect) -> UInt32 {
        guard let number = UInt32(exactly: try number()) else { throw FactDefect(reason: "a number has over 32 bits") }
        return number
    }

    /// A count of things that take at least `size` bytes each.
    mutating func count(ofSize size: Int) throws(FactDefect) -> Int {
        let count = try number()
        guard count <= UInt64(rest.count / size) else { throw FactDefect(reason: "it counts more than it holds") }
        return Int(count)
    }

    mutating func raw(_ count: Int) throws(FactDefect) -> [UInt8] {
        guard count <= rest.count else { throw FactDefect(reason: "it ends too early") }
        defer { rest.removeFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func word() throws(FactDefect) -> UInt64 {
        guard rest.count >= 8 else { throw FactDefect(reason: "it ends too early") }
        var word: UInt64 = 0
        for byte in rest.prefix(8).reversed() { word = word << 8 | UInt64(byte) }
        rest.removeFirst(8)
        return word
    }

    mutating func text() throws(FactDefect) -> String {
        let length = try count(ofSize: 1)
        guard let text = String(validating: try raw(length), as: UTF8.self) else {
            throw FactDefect(reason: "a text is not UTF-8")
        }
        return text
    }

    func end() throws(FactDefect) {
        guard rest.isEmpty else { throw FactDefect(reason: "\(rest.count) bytes follow its end") }
    }
}
