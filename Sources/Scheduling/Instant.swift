/// A moment of run time: nanoseconds since the run was first started, continued from the journal after a restart.
///
/// Run time has nothing to do with the wall clock and never runs backwards. All arithmetic saturates, so that an absurd
/// duration makes a moment that never comes instead of a trap.
public struct Instant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the start of the run.
    public let nanoseconds: Int64

    /// The start of the run.
    public static let zero = Instant(nanoseconds: 0)

    /// A moment that never comes.
    public static let never = Instant(nanoseconds: .max)

    /// The moment so many nanoseconds after the start of the run.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Whether a moment comes before another.
    public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The moment that lies `duration` after this one, saturating at both ends.
    public static func + (moment: Instant, duration: Duration) -> Instant {
        let (sum, overflow) = moment.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        guard overflow else { return Instant(nanoseconds: sum) }
        return Instant(nanoseconds: duration.nanoseconds > 0 ? .max : .min)
    }

    /// The time from `earlier` to `later`, negative when they are the other way round, saturating at both ends.
    public static func - (later: Instant, earlier: Instant) -> Duration {
        let (difference, overflow) = later.nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        guard overflow else { return .nanoseconds(difference) }
        return .nanoseconds(later > earlier ? Int64.max : Int64.min)
    }
}

extension Duration {
    /// This duration in whole nanoseconds, saturating at about 292 years.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        guard overflow || carry else { return sum }
        return seconds > 0 ? .max : .min
    }

    /// This duration in seconds.
    package var inSeconds: Double { Double(nanoseconds) * 1e-9 }
}
