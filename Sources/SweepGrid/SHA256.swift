/// SHA-256 (FIPS 180-4), as a value that takes bytes piece by piece.
///
/// Identities of tasks, streams, results and files rest on it. It stands here because the core imports nothing but the
/// standard library; the cost is about 4 ns a byte in release builds.
public struct SHA256: Sendable {
    private var state = SHA256.initialState
    private var pending: [UInt8] = []
    private var count: UInt64 = 0

    /// Creates the hash of no bytes.
    public init() {
        pending.reserveCapacity(64)
    }

    /// Takes more bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        count += UInt64(bytes.count)
        var rest = bytes[...]
        if !pending.isEmpty {
            let missing = min(64 - pending.count, rest.count)
            pending.append(contentsOf: rest.prefix(missing))
            rest = rest.dropFirst(missing)
            guard pending.count == 64 else { return }
            pending.withUnsafeBytes { Self.compress($0.baseAddress!, into: &state) }
            pending.removeAll(keepingCapacity: true)
        }
        while rest.count >= 64 {
            Self.compress(bytes.baseAddress! + rest.startIndex, into: &state)
            rest = rest.dropFirst(64)
        }
        pending.append(contentsOf: rest)
    }

    /// Takes more bytes.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The digest of all bytes taken so far.
    public func finalize() -> Digest {
        var copy = self
        let bits = count &* 8
        var padding: [UInt8] = [0x80]
        let filled = (pending.count + 1) % 64
        padding.append(contentsOf: repeatElement(0, count: filled <= 56 ? 56 - filled : 120 - filled))
        for shift in stride(from: 56, through: 0, by: -8) {
            padding.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
        }
        copy.update(padding)
        return Digest(words: copy.state)
    }

    /// The digest of `bytes`, without allocating.
    public static func hash(_ bytes: [UInt8]) -> Digest {
        var state = SHA256.initialState
        let count = bytes.count
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            while count - offset >= 64 {
                compress(bytes.baseAddress! + offset, into: &state)
                offset += 64
            }
            // The rest, the end mark and the length in bits fill one or two blocks more.
            withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { last in
                last.initializeMemory(as: UInt8.self, repeating: 0)
                let rest = count - offset
                last.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset...]))
                last[rest] = 0x80
                let end = rest < 56 ? 64 : 128
                last.storeBytes(of: (UInt64(count) &* 8).bigEndian, toByteOffset: end - 8, as: UInt64.self)
                compress(last.baseAddress!, into: &state)
                if end == 128 { compress(last.baseAddress! + 64, into: &state) }
            }
        }
        return Digest(words: state)
    }

    /// One compression over 64 bytes; eight rounds at a time, so that the eight words never move.
    private static func compress(_ block: UnsafeRawPointer, into state: inout SIMD8<UInt32>) {
        let constants = roundConstants
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { buffer in
            guard let schedule = buffer.baseAddress else { return }
            for index in 0..<16 {
                schedule[index] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self))
            }
            var index = 16
            while index < 64 {
                let w15 = schedule[index &- 15]
                let w2 = schedule[index &- 2]
                let s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 &>> 3)
                let s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 &>> 10)
                schedule[index] = schedule[index &- 16] &+ s0 &+ schedule[index &- 7] &+ s1
                index &+= 1
            }
            var (a, b, c, d) = (state[0], state[1], state[2], state[3])
            var (e, f, g, h) = (state[4], state[5], state[6], state[7])
            index = 0
            while index < 64 {
                let word = schedule + index
                let constant = constants + index
                round(a, b, c, &d, e, f, g, &h, constant[0] &+ word[0])
                round(h, a, b, &c, d, e, f, &g, constant[1] &+ word[1])
                round(g, h, a, &b, c, d, e, &f, constant[2] &+ word[2])
                round(f, g, h, &a, b, c, d, &e, constant[3] &+ word[3])
                round(e, f, g, &h, a, b, c, &d, constant[4] &+ word[4])
                round(d, e, f, &g, h, a, b, &c, constant[5] &+ word[5])
                round(c, d, e, &f, g, h, a, &b, constant[6] &+ word[6])
                round(b, c, d, &e, f, g, h, &a, constant[7] &+ word[7])
                index &+= 8
            }
            state = state &+ SIMD8(a, b, c, d, e, f, g, h)
        }
    }

    @inline(__always)
    private static func round(
        _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
        _ h: inout UInt32, _ word: UInt32
    ) {
        let s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
        let t1 = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ word
        let s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
        d = d &+ t1
        h = t1 &+ s0 &+ ((a & b) ^ (a & c) ^ (b & c))
    }

    @inline(__always)
    private static func rotate(_ word: UInt32, _ bits: UInt32) -> UInt32 { (word &>> bits) | (word &<< (32 &- bits)) }

    private static var initialState: SIMD8<UInt32> {
        SIMD8(
            0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19)
    }

    /// Allocated once and never freed: the inner loop must not pay for an array.
    nonisolated(unsafe) private static let roundConstants: UnsafePointer<UInt32> = {
        let words: [UInt32] = [
            0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
            0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
            0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
            0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
            0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
            0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
            0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
            0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
        ]
        let constants = UnsafeMutablePointer<UInt32>.allocate(capacity: words.count)
        constants.initialize(from: words, count: words.count)
        return UnsafePointer(constants)
    }()
}
