internal import Foundation
internal import Scheduling
package import SweepGrid

/// Where one task stands, for people and programs; docs/commands.md documents the JSON.
package struct TaskRecord: Hashable, Sendable, Encodable {
    /// Where a task stands. The names are part of the schema.
    package enum State: String, Hashable, Sendable, CaseIterable, Encodable {
        /// Waits for a worker.
        case waiting
        /// Waits for the end of a pause after a failed attempt.
        case retrying
        /// In the hands of a worker: waiting there, being computed, or computed and not delivered.
        case leased
        /// Its result is durable.
        case ok
        /// Its result is durable: the training diverged.
        case diverged
        /// Its result was durable, and its shard is missing or damaged now: it will be computed again.
        case damaged
        /// Given up after too many failed attempts.
        case failed
        /// Given up because it brought down slots or workers.
        case quarantined
        /// Given up by an operator.
        case cancelled
        /// No longer dispatched, because two results of its point differ.
        case stopped
    }

    /// A value of a parameter as plain JSON.
    package enum Scalar: Hashable, Sendable, Encodable {
        case value(Value)

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .value(.integer(let integer)): try container.encode(integer)
            case .value(.real(let real)): try container.encode(real)
            case .value(.text(let text)): try container.encode(text)
            case .value(.boolean(let boolean)): try container.encode(boolean)
            }
        }
    }

    package var task: Int
    package var id: String
    package var point: Int
    package var replicate: Int
    package var parameters: [String: Scalar]
    package var state: State
    /// Attempts begun.
    package var attempts: Int
    /// The lease and the worker that have it, while it is leased.
    package var lease: Int?
    package var worker: Int?
    package var host: String?
    /// When a task in a pause may be tried again, ISO 8601 in UTC.
    package var retryAt: String?
    /// The class and the text of the error, when it was given up.
    package var failure: String?
    package var error: String?
    /// Where its result stands, when it began and how long it took.
    package var shard: String?
    package var started: String?
    package var seconds: Double?

    /// The record as one line of JSON with sorted keys.
    package func json() -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

extension RunHistory {
    /// Where a task stands.
    package func state(of task: Int) -> TaskRecord.State {
        let status = row(of: task).status
        // A shard that no fact names yet is adopted by the next coordinator.
        if status != .missing { return status == .diverged ? .diverged : .ok }
        switch scheduler.state(of: task) {
        case nil, .waiting: return .waiting
        case .retrying: return .retrying
        case .leased: return .leased
        case .committed: return .damaged
        case .failed: return scheduler.isQuarantined(task) ? .quarantined : .failed
        case .stopped: return .stopped
        case .cancelled: return .cancelled
        }
    }

    /// Everything that is known of a task without its history.
    package func record(of task: Int, id: TaskID) -> TaskRecord {
        let design = run.design
        let (point, replicate) = task.quotientAndRemainder(dividingBy: design.replicates)
        let values = design.values(ofPoint: point)
        let varied = Set(design.variedParameters)
        var parameters: [String: TaskRecord.Scalar] = [:]
        for (parameter, value) in zip(design.parameters, values) where varied.contains(parameter.name) {
            parameters[parameter.name] = .value(value)
        }
        var record = TaskRecord(
            task: task, id: id.description, point: point, replicate: replicate, parameters: parameters,
            state: state(of: task), attempts: scheduler.attempts(at: task))
        switch record.state {
        case .leased:
            if case .leased(let lease, let worker) = scheduler.state(of: task) {
                record.lease = Int(lease.number)
                record.worker = Int(worker.number)
                record.host = host(of: worker)
            }
        case .retrying:
            if case .retrying(let instant) = scheduler.state(of: task) { record.retryAt = time(of: instant) }
        case .failed, .quarantined:
            record.failure = scheduler.failure(of: task)?.failureClass.name
            record.error = scheduler.failure(of: task)?.message
        case .ok, .diverged:
            let row = row(of: task)
            record.shard = shards[Int(row.shard)].name
            record.host = shards[Int(row.shard)].host
            record.started = TimeText.iso(row.started)
            record.seconds = (Double(row.seconds) * 1e6).rounded() / 1e6
        case .waiting, .damaged, .cancelled, .stopped: break
        }
        return record
    }

    /// The wall time of an instant to come, as far as the last row of the journal tells.
    func time(of instant: Instant) -> String? {
        last.map { TimeText.iso(Double($0.wallTime) * 1e-3 + (instant - $0.instant).inSeconds) }
    }
}

extension Design {
    /// The parameters that differ between points, in the order of the grid.
    package var variedParameters: [String] {
        dimensions.flatMap { $0.coordinates.map(\.parameter) } + derived.map(\.parameter)
    }
}

/// Times for people.
enum TimeText {
    /// ISO 8601 in UTC.
    static func iso(_ seconds: Double) -> String {
        Date(timeIntervalSince1970: seconds.isFinite ? seconds : 0).formatted(.iso8601)
    }

    /// A duration: `42 ms`, `1.5 s`, `12 min`, `3.5 h`.
    static func span(_ seconds: Double) -> String {
        switch seconds {
        case ..<0.0995: String(format: "%.2g ms", max(0, seconds) * 1e3)
        case ..<9.95: String(format: "%.1f s", seconds)
        case ..<99.5: String(format: "%.0f s", seconds)
        case ..<5970: String(format: "%.0f min", seconds / 60)
        default: String(format: "%.1f h", seconds / 3600)
        }
    }
}
