import ClusterFixtures
import Foundation
import Scheduling
import SweepGrid
import Testing

@testable import Cluster

/// Parts of the agent by themselves.
@Suite struct AgentPartTests {
    @Test func aKillNearAMemoryLimitIsPutDownToMemory() {
        let calm = MemoryWatch.Host(available: 50 << 30, total: 64 << 30, kills: 3)
        var tight = calm
        tight.available = 1 << 30
        var killed = calm
        killed.kills = 4
        func verdict(_ used: Int?, _ limit: Int?, _ before: MemoryWatch.Host, _ after: MemoryWatch.Host) -> String? {
            MemoryWatch.verdict(
                used: used.map { $0 << 20 }, limit: limit.map { $0 << 20 }, before: before, after: after)
        }
        #expect(verdict(800, 1000, calm, calm) == nil)
        #expect(verdict(950, 1000, calm, calm) == "it used 950 MiB, its limit is 1000 MiB")
        #expect(verdict(950, nil, calm, calm) == nil)
        #expect(
            verdict(nil, nil, calm, killed)
                == "the kernel killed a process because memory ran out; its use of memory is not known")
        #expect(
            verdict(40_000, nil, tight, calm) == "it used 40000 MiB, and of 65536 MiB of the host 1024 MiB were left")
    }

    /// Scenario 20: the kernel kills two slots in a row, and the host has room again before the first end is looked at.
    @Test(arguments: [false, true]) func everySlotThatTheKernelKillsForMemoryIsNamedSo(isCountedBefore: Bool) {
        var host = MemoryWatch.Host(available: 50 << 30, total: 64 << 30, kills: 3)
        var watch = MemoryWatch(look: { host })
        func round(slots: Range<Int>) {
            watch.sampleHost()
            for slot in slots { _ = watch.sample(slot, process: getpid()) }
        }
        for _ in 0..<3 { round(slots: 0..<3) }
        host.kills = 5
        // The new count may be seen before the processes are gone.
        if isCountedBefore { round(slots: 0..<3) }
        for slot in 0..<2 {
            let verdict = watch.verdict(on: slot, .signal(Int(SIGKILL)))
            #expect(verdict?.hasPrefix("the kernel killed a process because memory ran out; it used ") == true)
        }
        // Another one that ended by itself did not run out of memory, nor one that is killed much later.
        let crash = watch.verdict(on: 2, .signal(Int(SIGSEGV)))
        #expect(crash == nil)
        for _ in 0..<2 { round(slots: 0..<1) }
        let late = watch.verdict(on: 0, .signal(Int(SIGKILL)))
        #expect(late == nil)
    }

    @Test func theMemoryOfThisProcessIsSampled() throws {
        var watch = MemoryWatch()
        let first = watch.sample(0, process: getpid())
        let before = try #require(first)
        let piece = try #require(malloc(64 << 20))
        memset(piece, 1, 64 << 20)
        let second = watch.sample(0, process: getpid())
        let after = try #require(second)
        free(piece)
        #expect(after - before > 60 << 20)
        let nobody = watch.sample(1, process: Int32.max)
        #expect(nobody == nil)
        #expect(watch.host.total > 0 && watch.host.available > 0)
    }

    /// A run that others compute does not end in the first moment in which these are not heard.
    @Test func shortLivesCountOnlyWhileNobodyElseComputes() {
        var lives = ShortLives()
        for _ in 0..<9 {
            let pause = lives.note(.exit(1), after: 3_200_000_000, isServed: true)
            #expect(pause != nil && !lives.areTooMany)
        }
        for number in 1...5 {
            let pause = lives.note(.exit(1), after: 3_200_000_000, isServed: false)
            #expect(pause == 3_200_000_000)
            #expect(lives.areTooMany == (number == 5))
        }
        #expect(lives.count == 14)
        // One that lived counts for all before it; the first pauses are short.
        let none = lives.note(.exit(0), after: 3_200_000_000, isServed: false)
        #expect(none == nil && !lives.areTooMany)
        let first = lives.note(.signal(9), after: 1_000_000_000, isServed: false)
        #expect(first == 200_000_000)
    }

    /// A file that cannot be renamed begins anew, and the worker lives on.
    @Test func aFileThatCannotBeRotatedBeginsAnew() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path + "/log"
        // A directory with something in it stands where the full file should go.
        try FileManager.default.createDirectory(atPath: path + ".1/x", withIntermediateDirectories: true)
        let file = RotatedFile(path, limit: 10)
        for number in 0..<5 { file.append(Array("line \(number)\n".utf8)) }
        file.finish()
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.utf8.count <= 10 && text.hasSuffix("4\n"), "\(text)")
    }

    @Test func aRotatedFileKeepsTheNewestGenerations() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path + "/logs/a.log"
        let file = RotatedFile(path, limit: 10)
        for number in 0..<9 { file.append(Array("12345\(number)\n".utf8)) }
        file.finish()
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/logs").sorted()
        #expect(names == ["a.log", "a.log.1", "a.log.2", "a.log.3"])
        let text = try (names.dropFirst().reversed() + [names[0]]).map {
            try String(contentsOfFile: scratch.path + "/logs/" + $0, encoding: .utf8)
        }
        // 63 bytes in generations of ten: the last 33 are there, in order.
        #expect(text.map(\.utf8.count) == [10, 10, 10, 3])
        #expect(text.joined() == String((0..<9).map { "12345\($0)\n" }.joined().suffix(33)))
        // Another file of the same name goes on where this one was.
        let next = RotatedFile(path, limit: 10)
        next.append([65])
        next.finish()
        #expect(try String(contentsOfFile: path, encoding: .utf8).utf8.count == 4)
    }
}
