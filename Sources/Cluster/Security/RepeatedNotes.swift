/// Keeps sentences that strangers on the network can cause at will from flooding a log.
struct RepeatedNotes {
    /// The same sentence is said at most once in so many seconds.
    static let pause = 60.0
    /// The most different sentences in that time.
    static let limit = 50

    private var said: [String: Double] = [:]
    private var windowStart = -Double.infinity
    private var dropped = 0

    /// The lines to log now that a sentence came up: it, or nothing.
    ///
    /// - Parameter now: seconds of a clock that never runs backwards.
    mutating func take(_ sentence: String, at now: Double) -> [String] {
        var lines: [String] = []
        if now - windowStart >= Self.pause {
            if dropped > 0 {
                lines.append("left out \(dropped) more sentences of this kind in the last \(Int(Self.pause)) s")
            }
            (windowStart, dropped) = (now, 0)
            said = said.filter { now - $0.value < Self.pause }
        }
        if said[sentence] != nil {
            dropped += 1
        } else if said.count < Self.limit {
            said[sentence] = now
            lines.append(sentence)
        } else {
            dropped += 1
        }
        return lines
    }
}
