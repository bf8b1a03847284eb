extension Value: Codable {
    private enum CodingKeys: String, CodingKey {
        case integer, real, text, boolean
    }

    /// Reads `{"integer": 3}`, `{"real": "3fe0000000000000"}` (IEEE bits), `{"text": "pca"}` or `{"boolean": true}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let integer = try container.decodeIfPresent(Int.self, forKey: .integer) {
            self = .integer(integer)
        } else if let bits = try container.decodeIfPresent(RealBits.self, forKey: .real) {
            self = .real(bits.real)
        } else if let text = try container.decodeIfPresent(String.self, forKey: .text) {
            self = .text(text)
        } else {
            self = .boolean(try container.decode(Bool.self, forKey: .boolean))
        }
    }

    /// Writes the value under the name of its kind; a real number with its bits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .integer(let integer): try container.encode(integer, forKey: .integer)
        case .real(let real): try container.encode(RealBits(real), forKey: .real)
        case .text(let text): try container.encode(text, forKey: .text)
        case .boolean(let boolean): try container.encode(boolean, forKey: .boolean)
        }
    }
}

/// A real number coded as the 16 hexadecimal digits of its IEEE bits, so that no reader rounds it.
struct RealBits: Codable, Hashable, Sendable {
    let real: Double

    init(_ real: Double) { self.real = real }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard text.utf8.count == 16, let bits = UInt64(text, radix: 16) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not the 16 hexadecimal digits of a real number")
        }
        real = Double(bitPattern: bits)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hexadecimal(real.bitPattern))
    }
}

/// The 16 hexadecimal digits of a word, most significant first.
func hexadecimal(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
}
