internal import Glibc
package import Scheduling

/// The policy with shorter waits, so that tests of losses take seconds.
package var fixturePolicy: Policy {
    var policy = Policy()
    policy.heartbeatInterval = .milliseconds(250)
    policy.registrationDelay = .milliseconds(100)
    policy.retries.setPauses(.milliseconds(50))
    policy.resendDelay = .milliseconds(500)
    // What a test asks of the processes that it starts.
    if let tasks = number("FIXTURE_SHARD_TASKS") { policy.shardTasks = tasks }
    if let shards = number("FIXTURE_LOOSE_SHARDS") { policy.looseShardLimit = shards }
    policy.checkpointInterval = .milliseconds(100)
    policy.checkpointWindow = 512 << 10
    return policy
}

private func number(_ variable: String) -> Int? { getenv(variable).flatMap { Int(String(cString: $0)) } }
