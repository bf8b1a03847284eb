internal import Foundation
package import SweepGrid

/// The inputs of one fuzz test, each made from its number alone.
///
/// `FUZZ_INPUTS` says how many (`make fuzz`), `FUZZ_FIRST` with which number they begin. The number of the input being tried
/// stands in the file `phasemap-fuzz-NAME` of the temporary directory, so that what ended the process can be repeated.
package struct Fuzzing {
    package let name: String
    package let inputs: Range<UInt64>

    package init(_ name: String, usual: UInt64) {
        func number(_ variable: String) -> UInt64? {
            ProcessInfo.processInfo.environment[variable].flatMap(UInt64.init)
        }
        self.init(name, first: number("FUZZ_FIRST") ?? 0, count: number("FUZZ_INPUTS") ?? usual)
    }

    package init(_ name: String, first: UInt64, count: UInt64) {
        self.name = name
        inputs = first..<first + count
    }

    /// What came of the inputs.
    package struct Outcome {
        package var accepted = 0
        package var refused = 0
        /// How much the process grew while the last nine tenths of the inputs were tried, in bytes.
        package var growth = 0
        /// The most memory that the process had beyond what it had after the first tenth, in bytes.
        package var peak = 0
    }

    /// Tries every input; one that takes a minute of processor time ends the process, which says so.
    ///
    /// - Parameter body: makes an input from the random stream and tries it; returns whether it was accepted.
    package func run(_ body: (inout RandomStream) throws -> Bool) rethrows -> Outcome {
        let note = open(NSTemporaryDirectory() + "/phasemap-fuzz-\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        defer {
            Self.setLimit(seconds: 0)
            close(note)
        }
        signal(SIGPROF) { _ in
            let words: StaticString = "fuzz: an input took a minute; its number stands in phasemap-fuzz-NAME\n"
            write(STDERR_FILENO, words.utf8Start, words.utf8CodeUnitCount)
            _exit(4)
        }
        var outcome = Outcome()
        var warm = residentBytes()
        // The highest memory is counted from here on.
        try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
        for number in inputs {
            if number == inputs.lowerBound + (inputs.upperBound - inputs.lowerBound) / 10 { warm = residentBytes() }
            Self.setLimit(seconds: 60)
            let text = Array("\(number)\n".utf8)
            pwrite(note, text, text.count, 0)
            var random = RandomStream(key: number, highCounter: 1)
            if try body(&random) { outcome.accepted += 1 } else { outcome.refused += 1 }
        }
        outcome.growth = residentBytes() - warm
        outcome.peak = highestBytes() - warm
        print("fuzz \(name): \(inputs.count) inputs, \(outcome)")
        return outcome
    }

    /// Processor time, not that of the clock: a process that is stopped for a while, as on a busy host, hangs in no input.
    private static func setLimit(seconds: Int) {
        var limit = itimerval()
        limit.it_value.tv_sec = seconds
        setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &limit, nil)
    }

    /// The most that a process may grow: pools of allocators, not a leak of an input each.
    package static let growthLimit = 64 << 20

    /// The most that a process may have while it tries an input: the largest things that a file may ask for.
    package static let peakLimit = 1 << 30
}

/// The memory that this process has now.
private func residentBytes() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4096 } ?? 0
}

/// The most memory that this process ever had.
private func highestBytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) }.map { $0 << 10 } ?? 0
}

/// A file that is kept beside the tests, by its path from the folder `Tests`.
package func kept(_ path: String) throws -> [UInt8] {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return [UInt8](try Data(contentsOf: tests.appending(path: path)))
}

extension [UInt8] {
    /// Changes a few bytes: bits, extreme values, pieces left out, repeated, or taken from elsewhere.
    package mutating func mutate(using random: inout RandomStream, from others: [[UInt8]] = []) {
        for _ in 0..<([1, 1, 1, 2, 4].randomElement(using: &random) ?? 1) {
            let place = Int.random(in: 0...count, using: &random)
            let length = Swift.min(count - place, [1, 1, 1, 2, 8, 32].randomElement(using: &random) ?? 1)
            switch Int.random(in: 0..<8, using: &random) {
            case 0 where length > 0: self[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1 where length > 0: self[place] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF].randomElement(using: &random) ?? 0
            case 2: insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 3: removeSubrange(place..<place + length)
            case 4: insert(contentsOf: self[place..<place + length], at: place)
            case 5 where Bool.random(using: &random): removeSubrange(place...)
            case 6:
                for index in place..<place + length { self[index] = 0xFF }
            case 7:
                guard let other = others.randomElement(using: &random), !other.isEmpty else { continue }
                let start = Int.random(in: 0..<other.count, using: &random)
                replaceSubrange(place..<place + length, with: other[start...].prefix(length))
            default: if length > 0 { self[place] &+= 1 }
            }
        }
    }
}
