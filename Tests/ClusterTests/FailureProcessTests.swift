import ClusterFixtures
import Foundation
import Scheduling
import SweepGrid
import Testing

@testable import Cluster

extension ProcessTests {
    /// Real tasks that do everything wrong, in real slots: each failure has its own name, and nothing is left behind.
    @Suite(.serialized) struct FailureProcessTests {
        let scratch: ScratchDirectory
        let directory: String

        init() throws {
            scratch = try ScratchDirectory()
            directory = scratch.path + "/run"
        }

        private func kind(_ task: Int, of sweep: Sweep) throws -> String {
            let design = try sweep.freeze().design
            let index = design.parameters.firstIndex { $0.name == "kind" } ?? 0
            guard case .text(let kind) = design.values(ofPoint: task / design.replicates)[index] else { return "" }
            return kind
        }

        /// Scenario 15, 17, 18, 20 and 22: crashes, standstills and time limits are told apart; the others finish.
        @Test func everyWayToFailHasItsName() throws {
            let coordinator = try TestCoordinator(FixtureSweeps.misdeeds, into: directory, workers: 2)
            let outcome = try coordinator.finish()
            #expect(outcome.isComplete)
            #expect(outcome.failures.count == 10)
            #expect(try committedResults(in: directory).count == 2)
            for failure in outcome.failures {
                // An attempt that had not begun when another task of its lease brought the slot down counts as one too.
                switch try kind(failure.task, of: FixtureSweeps.misdeeds) {
                case "segfault":
                    #expect(failure.failureClass == .crash && failure.attempt == 3)
                    let sentence = "the slot process ended (signal SIGSEGV) while it computed task \(failure.task)"
                    #expect(failure.summary == sentence)
                    // The last fifty lines, the newest last.
                    let log = failure.message.split(separator: "\n").dropFirst()
                    #expect(log.elementsEqual((11...60).map { "line \($0)" }))
                case "abort":
                    #expect(failure.failureClass == .crash)
                    #expect(failure.summary.contains("signal SIGABRT"))
                case "oversleep":
                    #expect(failure.failureClass == .timeout && failure.attempt >= 2)
                    #expect(failure.summary == "took longer than its limit of 1.0 s")
                case "listen":
                    #expect(failure.failureClass == .timeout)
                    #expect(failure.summary.hasSuffix("told to end, it said: ended early, late"))
                case "stall":
                    #expect(failure.failureClass == .hung && failure.attempt >= 2)
                    #expect(failure.summary == "made no progress for 0 s, 50 % were done")
                default: Issue.record("task \(failure.task) failed: \(failure)")
                }
            }
            #expect(coordinator.lines.contains { $0.contains("runs alone from now on: attempt 1 on ") })
            #expect(coordinator.lines.contains { $0.contains("brought down 3 slots or workers and is not run again") })
        }

        /// Scenario 20: a slot that takes more memory than it may is killed before the host suffers, and named so.
        @Test func aTaskThatTakesTooMuchMemoryIsNamedSo() throws {
            let coordinator = try TestCoordinator(FixtureSweeps.hungry, into: directory)
            let worker = try TestWorker(coordinator.endpoint, slots: 2)
            let outcome = try coordinator.finish()
            #expect(worker.finish().status == 0)
            #expect(outcome.failures.map(\.failureClass) == [.outOfMemory, .outOfMemory])
            #expect(outcome.failures.allSatisfy { $0.attempt == 2 })
            for failure in outcome.failures {
                #expect(failure.summary.hasSuffix(" MiB, more than its limit of 200 MiB"))
                // Sampled often: not much more than it may.
                let used = Int(failure.summary.dropFirst(5).prefix { $0.isNumber }) ?? 0
                #expect((201...500).contains(used), "\(failure.summary)")
            }
            #expect(try committedResults(in: directory).count == 2)
        }

        /// Scenario 18: a task that kills one worker after the other is given up with what it did, the others finish.
        @Test func aTaskThatKillsItsWorkersIsQuarantined() throws {
            var policy = fixturePolicy
            policy.retries.workerLost.limit = 3
            let coordinator = try TestCoordinator(
                FixtureSweeps.murders, into: directory, workers: 2, policy: policy)
            let outcome = try coordinator.finish()
            #expect(outcome.isComplete)
            #expect(outcome.failures.map(\.failureClass) == [.workerLost])
            #expect(try committedResults(in: directory).count == 1)
            #expect(coordinator.lines.contains { $0.contains("brought down 3 slots or workers") })
            #expect(coordinator.lines.contains { $0.contains(", alone, worker lost: ") })
        }

        /// Many tasks fail on one host and none elsewhere: the host is drained, and no task is given up.
        @Test func aBrokenHostIsDrainedAndItsTasksSucceedElsewhere() throws {
            var policy = fixturePolicy
            policy.otherHostPatience = .seconds(60)
            let coordinator = try TestCoordinator(FixtureSweeps.delicates, into: directory, policy: policy)
            let good = try TestWorker(coordinator.endpoint, environment: ["FIXTURE_HOST": "good"])
            let broken = try TestWorker(
                coordinator.endpoint, environment: ["FIXTURE_HOST": "broken", "FIXTURE_BROKEN": "1"])
            let outcome = try coordinator.finish()
            #expect(good.finish().status == 0)
            #expect(broken.finish().status == 0)
            #expect(outcome.isComplete && outcome.failures == [])
            #expect(coordinator.lines.contains { $0.contains("tasks failed on broken and succeeded on other hosts (") })
            #expect(try committedResults(in: directory).count == 120)
        }

        /// Scenario 32, with processes: the run stops at the first failed task and says so.
        @Test func aRunThatMayNotFailStops() throws {
            var policy = fixturePolicy
            policy.failedTaskLimit = 0
            let coordinator = try TestCoordinator(
                FixtureSweeps.troubles, into: directory, workers: 1, policy: policy)
            let outcome = try coordinator.finish()
            #expect(!outcome.isComplete)
            #expect(outcome.stopReason == "1 task has failed, 0 may")
            #expect(coordinator.lines.contains("the run stops: 1 task has failed, 0 may"))
        }

        /// Scenario 25: a worker that has nothing to do leaves, and so does one whose time is up; what runs is given back.
        @Test func aWorkerLeavesByItself() throws {
            // One task of two never ends.
            let coordinator = try TestCoordinator(FixtureSweeps.litter, into: directory)
            let first = try TestWorker(
                coordinator.endpoint,
                environment: [
                    "FIXTURE_TIME": "4", "FIXTURE_GRACE": "1", "FIXTURE_LOG": "1",
                    "FIXTURE_PROCESSES": scratch.path + "/processes",
                ])
            try eventually("the task that never ends has begun") { processes().count == 3 }
            let idle = try TestWorker(coordinator.endpoint, environment: ["FIXTURE_IDLE": "0.6", "FIXTURE_LOG": "1"])
                .finish()
            #expect(idle.status == 0)
            #expect(idle.words.contains("draining: it had nothing to compute for 1 s"))
            let timed = first.finish()
            #expect(timed.status == 0)
            #expect(timed.words.contains("draining: its time limit of 4 s is near"))
            #expect(!coordinator.lines.contains { $0.contains(" failed on ") || $0.contains("is lost") })
            let status = try StatusClient.ask(coordinator.endpoint)
            let counts: [Int] = [status.committed, status.waiting, status.leased, status.workers]
            #expect(counts == [1, 1, 0, 0])
            coordinator.stop()
            _ = try coordinator.finish()
        }

        /// Scenario 19: preemption and the end of a job are announced ends; what ran is given back and counts for nothing.
        @Test(arguments: [SIGTERM, SIGUSR1, SIGXCPU]) func aSignalledWorkerGivesBackWhatDoesNotListen(
            signal: Int32
        ) throws {
            let coordinator = try TestCoordinator(FixtureSweeps.litter, into: directory)
            let first = try TestWorker(
                coordinator.endpoint,
                environment: [
                    "FIXTURE_GRACE": "0.6", "FIXTURE_PROCESSES": scratch.path + "/processes",
                ])
            try eventually("the task that never ends has begun") { processes().count == 3 }
            kill(first.process.processIdentifier, signal)
            #expect(first.finish().status == 0)
            try eventually("what the task started is gone") { !processes().contains { isAlive($0) } }
            #expect(!coordinator.lines.contains { $0.contains(" failed on ") || $0.contains("is lost") })
            let status = try StatusClient.ask(coordinator.endpoint)
            let counts: [Int] = [status.committed, status.waiting, status.leased, status.workers]
            #expect(counts == [0, 2, 0, 0])
            coordinator.stop()
            _ = try coordinator.finish()
        }

        /// Scenario 24: a program whose slots do not start any more is not started for ever.
        @Test func aSlotThatNeverStartsAgainEndsItsWorker() throws {
            let coordinator = try TestCoordinator(FixtureSweeps.words, into: directory)
            let worker = try TestWorker(
                coordinator.endpoint, environment: ["FIXTURE_ONCE": scratch.path + "/mark"])
            let end = worker.finish()
            #expect(end.status == 1)
            #expect(
                end.words == "slot 0 ended 5 times before it began a task, the last time by exit code 9\n")
            coordinator.stop()
            _ = try coordinator.finish()
        }

        /// What slots print is kept in a few files of bounded size.
        @Test func whatSlotsPrintIsKeptWithinBounds() throws {
            let coordinator = try TestCoordinator(FixtureSweeps.shouts, into: directory)
            let logs = scratch.path + "/logs"
            let worker = try TestWorker(
                coordinator.endpoint, environment: ["FIXTURE_LOGS": logs, "FIXTURE_HOST": "node1"])
            #expect(try coordinator.finish().isComplete)
            #expect(worker.finish().status == 0)
            let names = try FileManager.default.contentsOfDirectory(atPath: logs).sorted()
            let name = "node1-\(worker.process.processIdentifier)-0.log"
            #expect(names == [name, name + ".1", name + ".2", name + ".3"])
            for file in names {
                let size = try FileManager.default.attributesOfItem(atPath: logs + "/" + file)[.size] as? Int
                #expect((size ?? 0) <= 1 << 20)
            }
            let newest = try String(contentsOfFile: logs + "/" + name, encoding: .utf8)
            #expect(newest.hasSuffix("line 40000 of much that nobody wants to read\n"))
        }

        private func processes() -> [Int32] {
            let text = (try? String(contentsOfFile: scratch.path + "/processes", encoding: .utf8)) ?? ""
            return text.split(separator: "\n").compactMap { Int32($0) }
        }

        /// Scenario 21 and 27: whoever is killed, and however a task's processes detached themselves, they are all gone.
        @Test(arguments: ["slot", "agent", "stopped slot and agent", "run"])
        func whatATaskStartedDiesWithItsWorker(victim: String) throws {
            let environment = ["FIXTURE_PROCESSES": scratch.path + "/processes"]
            let coordinator = try TestCoordinator(FixtureSweeps.litter, into: directory)
            let worker = try TestWorker(coordinator.endpoint, environment: environment)
            let agent = worker.process.processIdentifier
            try eventually("the task has started three processes") { processes().count == 3 }
            #expect(processes().allSatisfy { isAlive($0) })
            let slots = children(of: agent)
            switch victim {
            case "slot": kill(slots[0], SIGKILL)
            case "agent": kill(agent, SIGKILL)
            case "stopped slot and agent":
                kill(slots[0], SIGSTOP)
                kill(agent, SIGKILL)
            default:
                kill(agent, SIGINT)
                usleep(1_200_000)
                kill(agent, SIGINT)
            }
            let first = Array(processes().prefix(3))
            try eventually("they are all gone") { !(first + slots).contains { isAlive($0) } }
            if victim == "slot" {
                // The next slot started others; nothing of the first is a zombie of the agent.
                try eventually("they are reaped") {
                    !children(of: agent).contains { first.contains($0) || slots.contains($0) }
                }
                kill(agent, SIGKILL)
                let all = processes()
                try eventually("the others are gone too") { !all.contains { isAlive($0) } }
            }
            _ = worker.finish()
            coordinator.stop()
            coordinator.stop()
            _ = try? coordinator.finish()
        }

        /// Scenario 21: what a task leaves behind does not compute beside the next one in its slot, nor does it stay as a zombie.
        @Test func whatATaskLeavesBehindInALivingSlotIsEnded() throws {
            let coordinator = try TestCoordinator(FixtureSweeps.leftovers, into: directory)
            let worker = try TestWorker(
                coordinator.endpoint, environment: ["FIXTURE_PROCESSES": scratch.path + "/processes"])
            let agent = worker.process.processIdentifier
            try eventually("the task has left three processes behind") { processes().count == 3 }
            let slots = children(of: agent)
            #expect(slots.count == 1)
            try eventually("they are gone") { !processes().contains { isAlive($0) } }
            try eventually("they are reaped") { children(of: slots[0]) == [] }
            // All the while the slot lived, and goes on with a task that does not end.
            try eventually("the next task runs") {
                try StatusClient.ask(coordinator.endpoint).running.map(\.task) == [2]
            }
            #expect(children(of: agent) == slots)
            kill(agent, SIGKILL)
            _ = worker.finish()
            coordinator.stop()
            coordinator.stop()
            _ = try? coordinator.finish()
        }

        /// Scenario 21: what whoever became the worker by exec had started before, such as a tunnel, is left alone.
        @Test func aWorkerLeavesAloneTheChildrenThatItInherited() throws {
            let file = scratch.path + "/tunnel"
            let coordinator = try TestCoordinator(FixtureSweeps.words, into: directory)
            let script = "sleep 987 & echo $! > \"$0\"; exec \"$@\""
            let worker = try ChildProcess(
                "/bin/sh", ["-c", script, file, fixtureProgram, "worker", coordinator.endpoint, "2"],
                environment: ProcessInfo.processInfo.environment)
            #expect(try coordinator.finish().isComplete)
            try eventually("the worker has left") { worker.hasEnded }
            #expect(worker.wait() == .exit(0))
            // The slots of the probe and of the tasks ended before their worker, which looked for what they had left.
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let tunnel = try #require(Int32(text.split(separator: "\n").first ?? ""))
            #expect(isAlive(tunnel))
            kill(tunnel, SIGKILL)
        }
    }
}

extension ProcessTests.FailureProcessTests {
    /// Scenario 21: a program that runs a worker among other things, as this one does, keeps its children and adopts nobody's.
    @Test func aWorkerAmongOtherThingsMindsItsOwnChildren() throws {
        let coordinator = try TestCoordinator(FixtureSweeps.words, into: directory)
        var options = AgentOptions(endpoint: coordinator.endpoint, program: SlotProgram(path: fixtureProgram))
        options.policy = fixturePolicy
        #expect(try Agent(options).run() == .finished)
        #expect(try coordinator.finish().isComplete)
        let file = scratch.path + "/orphan"
        let shell = try ChildProcess("/bin/sh", ["-c", "sleep 987 & echo $! > \"$0\"", file], environment: [:])
        #expect(shell.wait() == .exit(0))
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let orphan = try #require(Int32(text.split(separator: "\n").first ?? ""))
        #expect(isAlive(orphan) && !children(of: getpid()).contains(orphan))
        kill(orphan, SIGKILL)
        // Whatever else is a child of this process is none of the slots' business.
        let child = try ChildProcess("/bin/sleep", ["987"], environment: [:])
        var slots = AgentSlots(program: options.program, count: 1, logName: scratch.path + "/log")
        slots.stop(0)
        slots.sweepOrphans()
        slots.stopAll()
        #expect(isAlive(child.id))
        child.kill(SIGKILL)
        #expect(child.wait() == .signal(Int(SIGKILL)))
    }
}
