internal import Journal
internal import Results
package import Scheduling
internal import SweepGrid

/// Steers a run: through its coordinator while one serves it, and else by its journal.
package struct RunControl {
    /// What became of a request.
    package struct Outcome: Hashable, Sendable {
        /// How many tasks or workers were concerned.
        package var changed: Int
        /// Whether a coordinator did it; else it stands in the journal for the next one.
        package var isServed: Bool
    }

    private let directory: RunDirectory
    private let run: FrozenRun
    private let key: (String) throws -> ClientKey?

    /// A run directory, to be steered.
    ///
    /// - Parameter key: what an endpoint is asked with.
    /// - Throws: `ClusterError` when the directory holds no run.
    package init(_ path: String, key: @escaping (String) throws -> ClientKey?) throws(ClusterError) {
        (directory, run) = try RunRepair.open(path)
        self.key = key
    }

    /// Does what a request wants; when it returns, that is durable.
    ///
    /// The same request is sent until it is answered, by whoever serves the run then: it is done once.
    ///
    /// - Throws: `ClusterError` when it is refused or nobody answers within `patience`; errors of `key`.
    package func perform(_ request: ControlRequest, patience: Duration = .seconds(20)) throws -> Outcome {
        let deadline = Clock.nanoseconds() + UInt64(max(0, patience.wireNanoseconds))
        var last = "its coordinator is starting"
        repeat {
            guard let presence = CoordinatorPresence(in: directory) else {
                if let outcome = try record(request) { return outcome }
                last = "another program has its journal"
                continue
            }
            guard let endpoint = presence.endpoint else {
                pause(milliseconds: 100)
                continue
            }
            let client = CoordinatorClient(endpoint: endpoint, key: try key(endpoint))
            let answer: CoordinatorFrame
            do throws(ClusterError) {
                answer = try client.ask(.control(request), patience: .seconds(5))
            } catch {
                // A coordinator that ended meanwhile does not matter; one that refuses does.
                if error.isRefusal { throw error }
                last = error.description
                continue
            }
            guard case .control(let reply) = answer, reply.request == request.origin.request else {
                last = "its coordinator gave an answer to something else"
                continue
            }
            switch reply.outcome {
            case .done(let changed): return Outcome(changed: changed, isServed: true)
            case .refused(let reason): throw ClusterError("'\(directory.path)': \(reason)")
            case .ending:
                last = "its coordinator is ending"
                pause(milliseconds: 200)
            }
        } while Clock.nanoseconds() < deadline
        throw ClusterError("'\(directory.path)' cannot be steered: \(last); repeat the command in a while")
    }

    /// Writes a request into the journal of a run that nobody serves; nil when somebody has it after all.
    private func record(_ request: ControlRequest) throws(ClusterError) -> Outcome? {
        let claimed: ClaimedDirectory
        do throws(ClusterError) {
            claimed = try ClaimedDirectory.claim(directory.path, for: run) { () throws(ClusterError) in run }.0
        } catch {
            if CoordinatorPresence(in: directory) != nil { return nil }
            throw error
        }
        defer { withExtendedLifetime(claimed) {} }
        var scheduler = Scheduler(taskCount: run.design.taskCount, tasksPerPoint: run.design.replicates) { _ in 1 }
        let reply: ControlReply
        do throws(JournalError) {
            let journal = try Journal(opening: directory.journal, design: run.design.digest) { record in
                if let fact = record.fact { scheduler.apply(fact) }
            }
            let steered = scheduler.steer(request)
            reply = steered.reply
            try journal.append(steered.facts, at: journal.lastInstant)
            try journal.close()
        } catch { throw ClusterError("\(error)") }
        switch reply.outcome {
        case .done(let changed): return Outcome(changed: changed, isServed: false)
        case .refused(let reason): throw ClusterError("'\(directory.path)': \(reason)")
        case .ending: return nil
        }
    }
}
