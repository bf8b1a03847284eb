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
    policy.taskGrace = .milliseconds(300)
    policy.otherHostPatience = .seconds(1)
    policy.checkpointInterval = .milliseconds(100)
    policy.checkpointWindow = 512 << 10
    return policy
}

/// The policy of runs whose processes die all the time: results are delivered early, and nobody is blamed for a death.
package var soakPolicy: Policy {
    var policy = fixturePolicy
    policy.shardDuration = .milliseconds(500)
    policy.announceInterval = .seconds(2)
    policy.registrationDelayLimit = .seconds(1)
    policy.failureLimit = 10_000
    policy.isolationLimit = 10_000
    policy.hostFailureLimit = 10_000
    policy.otherHostPatience = .zero
    for failureClass in FailureClass.allCases {
        policy.retries[failureClass] = Retries.Terms(
            limit: 10_000, pause: .milliseconds(50), longestPause: .milliseconds(500))
    }
    return policy
}

private func number(_ variable: String) -> Int? { getenv(variable).flatMap { Int(String(cString: $0)) } }
