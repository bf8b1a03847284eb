/// Seconds per task, fitted on line to what workers measure.
///
/// The experiment gives a relative cost for each point. Costs are grouped into classes of a quarter octave each, so
/// that tasks of nearly equal cost keep the order of their numbers and a lease is a few contiguous runs. The model
/// keeps one ratio of seconds to work over all classes, and for each class a ratio of its own that counts the more the
/// more it was measured: a declared cost that is wrong for one method is corrected there.
struct CostModel: Sendable {
    /// The number of classes; class 0 is the cheapest.
    static let classCount = 256

    /// Seconds per unit of work before anything was measured: the unit of work is about a microsecond.
    static let initialRate = 1e-6

    /// Measurements fade with this weight for each new one, so that the model follows the hosts that are there now.
    private static let fading = 0.98

    /// A class is believed half against the whole when it was measured so many times: the first report of a lease says
    /// more about its class than all other classes together.
    private static let prior = 0.25

    private var all = Ratio()
    private var classes = [Ratio](repeating: Ratio(), count: classCount)

    /// A fading ratio of measured to expected seconds.
    private struct Ratio: Sendable {
        var seconds = 0.0
        var work = 0.0
        var weight = 0.0

        mutating func add(_ seconds: Double, _ work: Double) {
            self.seconds = self.seconds * CostModel.fading + seconds
            self.work = self.work * CostModel.fading + work
            weight = weight * CostModel.fading + 1
        }
    }

    /// The class of a cost; costs that are not positive numbers count as the cheapest.
    static func costClass(of work: Double) -> UInt8 {
        guard work > 0 else { return 0 }
        guard work.isFinite else { return UInt8(classCount - 1) }
        // Quarter octaves of the binary logarithm, by exponent and significand: no library call decides an order.
        let quarter: Int =
            switch work.significand {
            case ..<1.189_207_115_002_721: 0
            case ..<1.414_213_562_373_095: 1
            case ..<1.681_792_830_507_429: 2
            default: 3
            }
        return UInt8(clamping: min(classCount - 1, max(0, Int(work.exponent) * 4 + quarter + 64)))
    }

    /// The work that stands for a class.
    static func work(of costClass: UInt8) -> Double {
        let quarters = Int(costClass) - 64
        let octave = quarters >= 0 ? quarters / 4 : -((3 - quarters) / 4)
        let inside = [1.0, 1.189_207_115_002_721, 1.414_213_562_373_095, 1.681_792_830_507_429][quarters - octave * 4]
        return inside * Double(sign: .plus, exponent: octave, significand: 1)
    }

    /// Whether a class was ever measured.
    func isMeasured(_ costClass: UInt8) -> Bool { classes[Int(costClass)].weight > 0 }

    /// The expected computing time of one task of a class, in seconds.
    func seconds(_ costClass: UInt8) -> Double {
        let work = Self.work(of: costClass)
        let rate = all.work > 0 ? all.seconds / all.work : Self.initialRate
        let own = classes[Int(costClass)]
        guard own.work > 0 else { return max(1e-9, work * rate) }
        let trust = own.weight / (own.weight + Self.prior)
        return max(1e-9, work * (trust * own.seconds / own.work + (1 - trust) * rate))
    }

    /// Learns that `count` tasks of a class took `duration` together.
    mutating func learn(_ costClass: UInt8, count: Int, duration: Duration) {
        let seconds = duration.inSeconds
        guard count > 0, seconds > 0, seconds < 1e9 else { return }
        let work = Self.work(of: costClass) * Double(count)
        all.add(seconds, work)
        classes[Int(costClass)].add(seconds, work)
    }
}
